#include <gtest/gtest.h>

#include <map>

#include "ezapi/fake_host.hpp"
#include "ezapi/resource/serve.hpp"

namespace ezapi {
namespace {

/// A fake table of named entities, for the statements of a resource only.
class Named : public ::testing::Test {
protected:
    struct Flags {
        explicit Flags(Host& host)
            : entity({.name = "flags",
                      .table = "flags",
                      .schema = "Flag",
                      .fields = fields(
                          text("name").required().create_only().must([](std::string_view name) {
                              return name == "bad" ? std::string("is bad") : std::string();
                          }),
                          any("value").required().nullable())}) {
            serve(host, entity, {.path = "/admin/flags", .tag = "flags", .by = "name"});
        }

        Resource entity;
    };

    Named() {
        host_.db.answer = [this](const fake::Statement& statement) { return answer(statement); };
        host_.start<Flags>();
    }

    fake::Answer answer(const fake::Statement& statement) {
        const auto& params = statement.params;
        if (statement.sql.starts_with("INSERT")) {
            stored_ = {params[0], params[1]};
            version_ = 1;
            ++id_;
            return row();
        }
        if (statement.sql.starts_with("UPDATE")) {
            stored_ = {params[0], params[1]};
            ++version_;
            return row();
        }
        if (statement.sql.starts_with("DELETE")) {
            stored_.clear();
            return {.affected = 1};
        }
        const bool by_id = statement.sql.find("WHERE id") != std::string::npos;
        const bool found = !stored_.empty() && (by_id || params.at(0) == stored_[0]);
        return found ? row() : fake::Answer{};
    }

    [[nodiscard]] fake::Answer row() const {
        const std::string now = "2026-01-02 03:04:05+00";
        return {
            .rows = {
                {std::to_string(id_), std::to_string(version_), now, now, stored_[0], stored_[1]}}};
    }

    fake::HttpReply put(const char* name, const char* body, fake::Headers headers = {}) {
        return host_.http.call(
            {"PUT", std::string("/admin/flags/") + name, body, std::move(headers)});
    }

    FakeHost host_;
    std::vector<fake::Cell> stored_;
    std::int64_t version_ = 0;
    std::int64_t id_ = 4;
};

TEST_F(Named, PutCreatesAndThenReplaces) {
    const auto created = put("beta", R"({"value":[1]})");
    const auto replaced = put("beta", R"({"value":{"a":2}})");

    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.header("Location"), "/admin/flags/beta");
    EXPECT_EQ(created.json()["value"], Json::parse("[1]"));
    EXPECT_EQ(replaced.status, 200);
    EXPECT_EQ(replaced.header("ETag"), "\"5.2\"");
    EXPECT_EQ(replaced.json()["value"], Json::parse(R"({"a":2})"));
}

TEST_F(Named, PutMayRepeatTheNameButNotChangeIt) {
    EXPECT_EQ(put("beta", R"({"name":"gamma","value":1})").status, 422);
    EXPECT_EQ(put("beta", R"({"name":"beta","value":1})").status, 201);
    EXPECT_EQ(put("beta", R"({"name":"gamma","value":1})").status, 422);
}

TEST_F(Named, PutOfANameAgainstTheRulesIsAFieldFault) {
    const auto reply = put("bad", R"({"value":1})");
    EXPECT_EQ(reply.status, 422);
    EXPECT_EQ(reply.json()["errors"][0]["field"], "name");
}

TEST_F(Named, PutDemandsTheRequiredFields) {
    EXPECT_EQ(put("beta", "{}").json()["errors"][0]["field"], "value");
    EXPECT_EQ(put("beta", R"({"value":null})").status, 201);
}

TEST_F(Named, PreconditionsSayWhichOfTheTwoIsMeant) {
    EXPECT_EQ(put("beta", R"({"value":1})", {{"If-Match", "\"1\""}}).status, 412);
    EXPECT_EQ(put("beta", R"({"value":1})", {{"If-None-Match", "*"}}).status, 201);
    EXPECT_EQ(put("beta", R"({"value":2})", {{"If-None-Match", "*"}}).status, 412);
    EXPECT_EQ(put("beta", R"({"value":2})", {{"If-Match", "\"9\""}}).status, 412);
    EXPECT_EQ(put("beta", R"({"value":2})", {{"If-Match", "\"1\""}}).status, 412);
    EXPECT_EQ(put("beta", R"({"value":2})", {{"If-Match", "\"5.1\""}}).status, 200);
    EXPECT_EQ(put("beta", R"({"value":3})", {{"If-None-Match", "\"5.2\""}}).status, 412);
    EXPECT_EQ(put("beta", R"({"value":3})", {{"If-None-Match", "\"5.1\""}}).status, 200);
    for (const char* header : {"If-Match", "If-None-Match"}) {
        EXPECT_EQ(put("beta", R"({"value":4})", {{header, "5.3"}}).status, 400) << header;
        EXPECT_EQ(put("gamma", R"({"value":4})", {{header, "5.3"}}).status, 400) << header;
    }
}

TEST_F(Named, ARecreatedEntityHasNoETagOfItsPredecessor) {
    const std::string first = put("beta", R"({"value":1})").header("ETag");
    EXPECT_EQ(host_.http.call({"GET", "/admin/flags/beta", "", {{"If-None-Match", first}}}).status,
              304);
    EXPECT_EQ(host_.http.call({"DELETE", "/admin/flags/beta", "", {{"If-Match", first}}}).status,
              204);
    const std::string second = put("beta", R"({"value":2})").header("ETag");
    EXPECT_NE(second, first);
    EXPECT_EQ(host_.http.call({"GET", "/admin/flags/beta", "", {{"If-None-Match", first}}}).status,
              200);
    EXPECT_EQ(put("beta", R"({"value":3})", {{"If-Match", first}}).status, 412);
    EXPECT_EQ(host_.http.call({"DELETE", "/admin/flags/beta", "", {{"If-Match", first}}}).status,
              412);
    EXPECT_EQ(put("beta", R"({"value":3})", {{"If-Match", second}}).status, 200);
}

TEST_F(Named, WritersOfOneNameComeOneAfterTheOther) {
    put("beta", R"({"value":1})");
    EXPECT_EQ(host_.db.statements().at(1).sql.find("SELECT pg_advisory_xact_lock"), 0U);
}

TEST_F(Named, ReadAndDeleteAnswer404WhereThereIsNone) {
    EXPECT_EQ(host_.http.call({"GET", "/admin/flags/beta"}).status, 404);
    EXPECT_EQ(host_.http.call({"DELETE", "/admin/flags/beta"}).status, 404);

    put("beta", R"({"value":1})");

    EXPECT_EQ(host_.http.call({"GET", "/admin/flags/beta"}).json()["name"], "beta");
    EXPECT_EQ(host_.http.call({"DELETE", "/admin/flags/beta"}).status, 204);
    EXPECT_EQ(host_.db.changes().back().action, EZ_DELETED);
}

}  // namespace
}  // namespace ezapi
