#include "namespace.hpp"

#include <gtest/gtest.h>

#include "ezapi/fake_host.hpp"
#include "ezapi/resource.hpp"
#include "projection.hpp"
#include "usage.hpp"

namespace ezapi::namespaces {
namespace {

TEST(NamespaceName, IsLowerCaseWithoutADot) {
    for (const char* good : {"a", "0", "ns", "team-1", "a_b", "0-"})
        EXPECT_EQ(name_fault(good), "");
    for (const char* bad : {"", "A", "-a", "_a", "a.b", "a b", "a/b", "é", "a\n"})
        EXPECT_NE(name_fault(bad), "") << bad;
}

TEST(NamespaceName, HasAtMostSixtyThreeCharacters) {
    EXPECT_EQ(name_fault(std::string(63, 'a')), "");
    EXPECT_NE(name_fault(std::string(64, 'a')), "");
}

/// The routes of namespaces with a fake database that stores one row.
class Namespace : public ::testing::Test {
protected:
    struct Plugin {
        explicit Plugin(Host& host) : usage(host), entity(namespace_spec(usage)) {
            serve(host, entity, {.path = "/admin/namespaces", .tag = "namespaces"});
            host.project(projection());
        }

        Usage usage;
        Resource entity;
    };

    Namespace() {
        host_.db.answer = [this](const fake::Statement& statement) { return answer(statement); };
        host_.start<Plugin>();
    }

    fake::Answer answer(const fake::Statement& statement) {
        if (statement.sql.find("extract(epoch") != std::string::npos)
            return {.rows = {{"ns", "active", "say \"hi\"", "1767323045"}}};
        if (statement.sql.starts_with("INSERT") || statement.sql.starts_with("UPDATE"))
            stored_.assign(statement.params.begin(), statement.params.begin() + 3);
        std::vector<fake::Cell> row{"1", "1", "2026-01-02 03:04:05+00", "2026-01-02 03:04:05+00"};
        row.insert(row.end(), stored_.begin(), stored_.end());
        return {.rows = {row}};
    }

    FakeHost host_;
    std::vector<fake::Cell> stored_{"ns", "", "active"};
};

TEST_F(Namespace, IsActiveUnlessToldOtherwise) {
    const auto reply = host_.http.call({"POST", "/admin/namespaces", R"({"name":"ns"})"});
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.json()["status"], "active");
    EXPECT_EQ(reply.json()["description"], "");
}

TEST_F(Namespace, KeepsItsName) {
    EXPECT_EQ(host_.http.call({"PATCH", "/admin/namespaces/1", R"({"name":"other"})"}).status, 422);
    EXPECT_EQ(host_.http.call({"PATCH", "/admin/namespaces/1", R"({"name":"ns"})"}).status, 200);
}

TEST_F(Namespace, MarksWhatTheDataPlaneReadsUnderItsName) {
    host_.http.call({"DELETE", "/admin/namespaces/1"});
    const fake::Change last = host_.db.changes().back();
    EXPECT_EQ(last.resource, "config:namespaces");
    EXPECT_EQ(last.id, "ns");
}

TEST_F(Namespace, IsProjectedAsJson) {
    const auto rendered = host_.changes.render("config:namespaces", {"ns", "gone"});
    EXPECT_EQ(Json::parse(rendered.at("ns")->value),
              Json::parse(R"({"name":"ns","status":"active","description":"say \"hi\"",
                              "updated_at":1767323045})"));
    EXPECT_FALSE(rendered.at("gone").has_value());
}

}  // namespace
}  // namespace ezapi::namespaces
