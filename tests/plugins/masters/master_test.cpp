#include "master.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/credential.hpp"
#include "projection.hpp"

namespace ezapi::masters {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

MasterState full() {
    return {.id = "7",
            .name = "acme",
            .group = "gold",
            .status = "active",
            .namespaces = R"(["chat", "code"])",
            .default_namespace = "chat",
            .global_qps = "50",
            .epoch = "3"};
}

TEST(MasterKey, HasPrefixDigitsAndChecksum) {
    const MasterKey key = issue_key();
    const std::string text = key.reveal.at("master_key");
    EXPECT_EQ(text.size(), 3U + 40U + 6U);
    EXPECT_TRUE(credential::well_formed("mk-", text));
    EXPECT_EQ(key.columns.at("prefix"), text.substr(0, 8));
    EXPECT_EQ(key.columns.at("key_hash"), sha256_hex(text));
}

TEST(MasterKey, IsNeverIssuedTwice) {
    EXPECT_NE(issue_key().reveal, issue_key().reveal);
}

TEST(MasterProjection, HasAllFieldsOfTheContract) {
    EXPECT_THAT(hash_fields(full()),
                ElementsAre(Pair("id", "7"),
                            Pair("name", "acme"),
                            Pair("group", "gold"),
                            Pair("status", "active"),
                            Pair("namespaces", R"(["chat", "code"])"),
                            Pair("default_namespace", "chat"),
                            Pair("global_qps", "50"),
                            Pair("epoch", "3")));
}

TEST(MasterProjection, LeavesOutWhatLimitsNothing) {
    MasterState master = full();
    master.namespaces = "[]";
    master.default_namespace = "";
    master.global_qps = "0";
    EXPECT_THAT(hash_fields(master),
                ElementsAre(Pair("id", "7"),
                            Pair("name", "acme"),
                            Pair("group", "gold"),
                            Pair("status", "active"),
                            Pair("epoch", "3")));
}

}  // namespace
}  // namespace ezapi::masters
