#include "effective.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ezapi::keys {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Token token() {
    Token out;
    out.id = 11;
    out.master_id = 7;
    out.epoch = 2;
    out.status = "active";
    out.namespaces = "[]";
    out.models = "[]";
    out.models_denied = "[]";
    out.ip_allow = "[]";
    out.ip_deny = "[]";
    return out;
}

Master master() {
    return {.id = 7,
            .epoch = 2,
            .status = "active",
            .group = "gold",
            .namespaces = "[]",
            .default_namespace = ""};
}

Token applied(Token out, const Master& of) {
    apply_master(out, of);
    return out;
}

TEST(Effective, TokenKeepsItsStatusUnderAnActiveMaster) {
    EXPECT_EQ(applied(token(), master()).status, "active");
    Token expired = token();
    expired.status = "expired";
    EXPECT_EQ(applied(expired, master()).status, "expired");
}

TEST(Effective, SuspendedMasterSuspendsItsTokens) {
    Master suspended = master();
    suspended.status = "suspended";
    EXPECT_EQ(applied(token(), suspended).status, "suspended");
}

TEST(Effective, TokenOfAnEarlierEpochIsSuspended) {
    Master later = master();
    later.epoch = 3;
    EXPECT_EQ(applied(token(), later).status, "suspended");
}

TEST(Effective, WhatTheTokenLeavesOpenIsTheMasters) {
    Master of = master();
    of.namespaces = R"(["a","b"])";
    of.default_namespace = "b";
    const Token out = applied(token(), of);
    EXPECT_EQ(out.group, "gold");
    EXPECT_EQ(out.namespaces, R"(["a","b"])");
    EXPECT_EQ(out.default_namespace, "b");
}

TEST(Effective, NamespacesThatTheMasterHasLostAreLeftOut) {
    Token own = token();
    own.namespaces = R"(["a", "c"])";
    own.default_namespace = "c";
    Master of = master();
    of.namespaces = R"(["a", "b"])";
    const Token out = applied(own, of);
    EXPECT_EQ(out.namespaces, R"(["a"])");
    EXPECT_EQ(out.default_namespace, "");
    EXPECT_EQ(out.status, "active");
}

TEST(Effective, TokenWithoutAnyNamespaceLeftIsSuspendedAndNotUnlimited) {
    Token own = token();
    own.namespaces = R"(["c"])";
    Master of = master();
    of.namespaces = R"(["a"])";
    const Token out = applied(own, of);
    EXPECT_EQ(out.status, "suspended");
    EXPECT_NE(out.namespaces, "[]");
}

TEST(Effective, MastersDefaultOutsideTheTokensNamespacesIsNotInherited) {
    Token own = token();
    own.namespaces = R"(["a"])";
    Master of = master();
    of.namespaces = R"(["a","b"])";
    of.default_namespace = "b";
    EXPECT_EQ(applied(own, of).default_namespace, "");
}

TEST(TokenProjection, HasAllFieldsOfTheContract) {
    Token full = token();
    full.group = "gold";
    full.namespaces = R"(["a"])";
    full.default_namespace = "a";
    full.models = R"(["m"])";
    full.models_denied = R"(["n"])";
    full.ip_allow = R"(["10.0.0.0/8"])";
    full.ip_deny = R"(["10.1.0.0/16"])";
    full.expires_at = 1800000000;
    full.quota_limit = 1000;
    full.quota_used = 0;
    full.qps_limit = 5;
    EXPECT_THAT(hash_fields(full),
                ElementsAre(Pair("id", "11"),
                            Pair("master_id", "7"),
                            Pair("group", "gold"),
                            Pair("status", "active"),
                            Pair("namespaces", R"(["a"])"),
                            Pair("default_namespace", "a"),
                            Pair("models", R"(["m"])"),
                            Pair("models_denied", R"(["n"])"),
                            Pair("ip_allow", R"(["10.0.0.0/8"])"),
                            Pair("ip_deny", R"(["10.1.0.0/16"])"),
                            Pair("expires_at", "1800000000"),
                            Pair("quota_limit", "1000"),
                            Pair("quota_used", "0"),
                            Pair("qps_limit", "5"),
                            Pair("epoch", "2")));
}

TEST(TokenProjection, LeavesOutWhatLimitsNothing) {
    Token plain = token();
    plain.group = "gold";
    plain.quota_used = 12345;
    EXPECT_THAT(hash_fields(plain),
                ElementsAre(Pair("id", "11"),
                            Pair("master_id", "7"),
                            Pair("group", "gold"),
                            Pair("status", "active"),
                            Pair("epoch", "2")));
}

}  // namespace
}  // namespace ezapi::keys
