#include "binding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/fake_host.hpp"
#include "ezapi/resource.hpp"

namespace ezapi::bindings {
namespace {

using ::testing::HasSubstr;

/// The routes of bindings with a fake database that stores one row.
class Binding : public ::testing::Test {
protected:
    struct Plugin {
        explicit Plugin(Host& host) : entity(binding_spec()) {
            serve(host, entity, {.path = "/admin/bindings", .tag = "bindings"});
        }

        Resource entity;
    };

    Binding() {
        host_.db.answer = [this](const fake::Statement& statement) -> fake::Answer {
            if (statement.sql.starts_with("INSERT") || statement.sql.starts_with("UPDATE"))
                stored_.assign(statement.params.begin(), statement.params.begin() + 8);
            std::vector<fake::Cell> row{
                "1", "1", "2026-01-02 03:04:05+00", "2026-01-02 03:04:05+00"};
            row.insert(row.end(), stored_.begin(), stored_.end());
            return {.rows = {row}};
        };
        host_.start<Plugin>();
    }

    fake::HttpReply create(Json fields = Json::object()) {
        Json body{{"namespace", "ns"}, {"public_model", "m"}, {"group_id", 7}};
        body.update(fields);
        return host_.http.call({"POST", "/admin/bindings", body.dump()});
    }

    std::string fault(Json fields) {
        const fake::HttpReply reply = create(std::move(fields));
        EXPECT_EQ(reply.status, 422);
        return reply.json()["errors"][0]["field"].get<std::string>() + ": " +
               reply.json()["errors"][0]["message"].get<std::string>();
    }

    std::vector<std::string> touched() const {
        std::vector<std::string> out;
        for (const fake::Change& change : host_.db.changes()) {
            if (change.resource == "config:bindings") out.push_back(change.id);
        }
        return out;
    }

    FakeHost host_;
    std::vector<fake::Cell> stored_;
};

TEST_F(Binding, HasDefaults) {
    const Json created = create().json();
    EXPECT_EQ(created["route_group"], "default");
    EXPECT_EQ(created["weight"], 0);
    EXPECT_EQ(created["selector_type"], "exact");
    EXPECT_EQ(created["selector_value"], "");
    EXPECT_EQ(created["status"], "active");
}

TEST_F(Binding, TrimsTheRouteGroupAndTakesEmptyAsTheDefault) {
    EXPECT_EQ(create({{"route_group", " vip "}}).json()["route_group"], "vip");
    EXPECT_EQ(create({{"route_group", "  "}}).json()["route_group"], "default");
}

TEST_F(Binding, TakesDotsAndSlashesInThePublicModel) {
    EXPECT_EQ(create({{"public_model", "openai/gpt-4.1-mini"}}).json()["public_model"],
              "openai/gpt-4.1-mini");
}

TEST_F(Binding, RefusesAPatternThatDoesNotCompile) {
    EXPECT_THAT(fault({{"selector_type", "regex"}, {"selector_value", "(a"}}),
                HasSubstr("selector_value: not a regular expression of RE2: missing )"));
    EXPECT_EQ(create({{"selector_type", "exact"}, {"selector_value", "(a"}}).status, 201);
}

TEST_F(Binding, ChecksThePatternWhenOnlyTheTypeChanges) {
    create({{"selector_type", "exact"}, {"selector_value", "(a"}});
    EXPECT_EQ(
        host_.http.call({"PATCH", "/admin/bindings/1", R"({"selector_type":"regex"})"}).status,
        422);
}

TEST_F(Binding, RefusesOtherValues) {
    EXPECT_THAT(fault({{"selector_type", "glob"}}), HasSubstr("selector_type"));
    EXPECT_THAT(fault({{"weight", -1}}), HasSubstr("weight"));
    EXPECT_THAT(fault({{"group_id", 0}}), HasSubstr("group_id"));
    EXPECT_THAT(fault({{"public_model", " "}}), HasSubstr("public_model"));
}

TEST_F(Binding, MarksWhatTheDataPlaneReads) {
    create();
    EXPECT_EQ(touched(), (std::vector<std::string>{"ns.m"}));
}

TEST_F(Binding, MarksBothNamesWhenItMoves) {
    create();
    EXPECT_EQ(host_.http.call({"PATCH", "/admin/bindings/1", R"({"public_model":"n"})"}).status,
              200);
    EXPECT_EQ(touched(), (std::vector<std::string>{"ns.m", "ns.m", "ns.n"}));
}

}  // namespace
}  // namespace ezapi::bindings
