#include "limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ezapi::keys {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Master master(const char* namespaces) {
    return {.id = 7,
            .epoch = 1,
            .status = "active",
            .group = "gold",
            .namespaces = namespaces,
            .default_namespace = ""};
}

Draft draft(const Json& namespaces, const char* fallback = "", const char* group = "") {
    Draft out;
    out.after = {{"group", group},
                 {"namespaces", namespaces},
                 {"default_namespace", fallback},
                 {"qps_limit", 0}};
    return out;
}

std::vector<std::string> faults(Draft token, const Master& of) {
    check_limits(token, of);
    std::vector<std::string> out;
    for (const FieldFault& fault : token.faults.take()) out.push_back(fault.field);
    return out;
}

TEST(Limits, TokenMayNameWhatItsMasterNames) {
    EXPECT_THAT(faults(draft({"a"}, "a", "gold"), master(R"(["a","b"])")), IsEmpty());
    EXPECT_THAT(faults(draft(Json::array(), "b"), master(R"(["a","b"])")), IsEmpty());
}

TEST(Limits, MasterWithoutNamespacesLimitsNone) {
    EXPECT_THAT(faults(draft({"x"}, "x"), master("[]")), IsEmpty());
    EXPECT_THAT(faults(draft(Json::array(), "x"), master("[]")), IsEmpty());
}

TEST(Limits, NamespaceBeyondTheMasterIsFoundAtItsPlace) {
    EXPECT_THAT(faults(draft({"a", "c"}), master(R"(["a","b"])")), ElementsAre("namespaces/1"));
}

TEST(Limits, DefaultNamespaceMustBeOneOfTheTokens) {
    EXPECT_THAT(faults(draft({"a"}, "b"), master(R"(["a","b"])")),
                ElementsAre("default_namespace"));
    EXPECT_THAT(faults(draft(Json::array(), "c"), master(R"(["a","b"])")),
                ElementsAre("default_namespace"));
}

TEST(Limits, TokenDoesNotLeaveTheGroupOfItsMaster) {
    EXPECT_THAT(faults(draft(Json::array(), "", "silver"), master("[]")), ElementsAre("group"));
}

TEST(Limits, WhatIsLeftAsItIsIsNotJudgedAgain) {
    const Json before{
        {"group", "old"}, {"namespaces", {"c"}}, {"default_namespace", "c"}, {"qps_limit", 5}};
    Draft token;
    token.before = &before;
    token.after = before;
    EXPECT_THAT(faults(std::move(token), master(R"(["a"])")), IsEmpty());
}

TEST(Limits, OnlyNamesThatTheMasterDoesNotProveAreLookedUp) {
    EXPECT_THAT(unproven_namespaces(draft({"a"}, "a"), master(R"(["a"])")), IsEmpty());
    EXPECT_THAT(unproven_namespaces(draft({"a", "b"}, "c"), master("[]")),
                ElementsAre("a", "b", "c"));
}

TEST(Limits, MissingNamesAreReportedWhereTheyStand) {
    Draft token = draft({"a", "b"}, "b");
    report_missing(token, {"b"});
    const auto found = token.faults.take();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].field, "namespaces/1");
    EXPECT_EQ(found[1].field, "default_namespace");
    EXPECT_EQ(found[0].code, "dangling");
}

}  // namespace
}  // namespace ezapi::keys
