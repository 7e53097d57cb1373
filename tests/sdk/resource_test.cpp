#include "ezapi/resource.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/fake_host.hpp"

namespace ezapi {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNow = "2026-01-02 03:04:05.678901+00";

/// The routes of a resource with one stored row: {"id":7,"name":"first","group":"a","digest":"d"}.
class Routes : public ::testing::Test {
protected:
    struct Widgets {
        explicit Widgets(Host& host)
            : entity({.name = "widgets",
                      .table = "widgets",
                      .schema = "Widget",
                      .fields = fields(text("name").required(),
                                       text("group").default_to("a"),
                                       text("digest").hidden().default_to("d")),
                      .uniques = {{"widgets_name_key", {"name"}}},
                      .foreigns = {{"widgets_group_fkey", "group", "groups"}},
                      .prepare =
                          [](Tx&, Draft& draft) {
                              if (draft.after["name"] == "evil")
                                  draft.faults.add("name", "evil", "is evil");
                              draft.reveal["token"] = "t0";
                          },
                      .written =
                          [](Tx& tx, const Record* before, const Record* after) {
                              const Json& data = (after != nullptr ? after : before)->data;
                              tx.touched("config:widgets",
                                         data["name"].get_ref<const std::string&>());
                          },
                      .deleting =
                          [](Tx&, const Record& row) {
                              if (row.data["group"] == "kept")
                                  throw Error(EZ_CONFLICT, "in use").with_code("in_use");
                          }}) {
            serve(host, entity, {.path = "/admin/widgets", .tag = "widgets"});
        }

        Resource entity;
    };

    Routes() {
        host_.db.answer = [this](const fake::Statement& statement) { return answer(statement); };
        host_.start<Widgets>();
    }

    fake::Answer answer(const fake::Statement& statement) {
        const bool inserts = statement.sql.starts_with("INSERT");
        const bool writes =
            inserts || statement.sql.starts_with("UPDATE") || statement.sql.starts_with("DELETE");
        if (!refusal_.empty() && writes) {
            throw Error(EZ_CONFLICT, "refused").with_sqlstate(refusal_).with_field(constraint_);
        }
        if (inserts) {
            return {.rows = {row("8", "1", statement.params)}};
        }
        if (statement.sql.starts_with("UPDATE")) return {.rows = {row("7", "4", statement.params)}};
        if (statement.sql.find("pg_constraint") != std::string::npos)
            return {.rows = {{"spare_parts", "widget_id", "spare-parts"},
                             {"bolts", "widget_id", "bolts"}}};
        if (statement.sql.starts_with("SELECT count(*) FROM"))
            return {.rows = {{statement.sql.find("bolts") != std::string::npos ? "0" : "3"}}};
        if (statement.sql.starts_with("SELECT id FROM")) return {.rows = {{"7"}}};
        if (statement.sql.starts_with("SELECT") && statement.params.at(0) == "7")
            return {.rows = {row("7", "3", {"first", group_, "d"})}};
        return {};
    }

    static std::vector<fake::Cell> row(const char* id,
                                       const char* version,
                                       std::vector<fake::Cell> columns) {
        columns.resize(3);
        columns.insert(columns.begin(), {id, version, kNow, kNow});
        return columns;
    }

    fake::HttpReply call(const char* method,
                         const char* target,
                         const char* body = "",
                         fake::Headers headers = {}) {
        return host_.http.call({method, target, body, std::move(headers)});
    }

    FakeHost host_;
    std::string group_ = "a";
    std::string refusal_;
    std::string constraint_;
};

TEST_F(Routes, CreateAnswersTheWholeEntityAndWhereItIs) {
    const auto reply = call("POST", "/admin/widgets", R"({"name":"second"})");

    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.header("Location"), "/admin/widgets/8");
    EXPECT_EQ(reply.header("ETag"), "\"1\"");
    EXPECT_EQ(reply.json(), Json::parse(R"({"id":8,"name":"second","group":"a","version":1,
                              "created_at":"2026-01-02T03:04:05.678Z",
                              "updated_at":"2026-01-02T03:04:05.678Z","token":"t0"})"));
}

TEST_F(Routes, AWriteRecordsTheChangeWithoutWhatIsShownOnce) {
    call("POST", "/admin/widgets", R"({"name":"second"})");

    const auto changes = host_.db.changes();
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].resource, "widgets");
    EXPECT_EQ(changes[0].action, EZ_CREATED);
    EXPECT_EQ(changes[0].id, "8");
    EXPECT_EQ(changes[0].before, "");
    EXPECT_THAT(changes[0].after, HasSubstr("\"name\":\"second\""));
    EXPECT_EQ(changes[0].after.find("t0"), std::string::npos);
    EXPECT_EQ(changes[0].after.find("digest"), std::string::npos);
    EXPECT_EQ(changes[1].resource, "config:widgets");
    EXPECT_EQ(changes[1].action, EZ_TOUCHED);
}

TEST_F(Routes, AFaultyBodyIsRefusedBeforeTheDatabaseIsAsked) {
    const auto reply = call("POST", "/admin/widgets", R"({"group":7,"colour":"red"})");

    EXPECT_EQ(reply.status, 422);
    EXPECT_EQ(reply.json()["errors"].size(), 3U);
    EXPECT_EQ(host_.db.count("INSERT"), 0U);
    EXPECT_EQ(host_.db.count("COMMIT"), 0U);
}

TEST_F(Routes, RulesOverSeveralFieldsAddFaults) {
    const auto reply = call("POST", "/admin/widgets", R"({"name":"evil"})");
    EXPECT_EQ(reply.status, 422);
    EXPECT_EQ(reply.json()["errors"][0]["code"], "evil");
}

TEST_F(Routes, CommonMembersAreGivenByTheServer) {
    EXPECT_EQ(call("POST", "/admin/widgets", R"({"name":"x","id":3})").status, 422);
    EXPECT_EQ(call("PATCH", "/admin/widgets/7", R"({"id":7,"version":3})").status, 200);
    EXPECT_EQ(call("PATCH", "/admin/widgets/7", R"({"version":2})").status, 422);
}

TEST_F(Routes, AUniqueViolationNamesTheRowInTheWay) {
    refusal_ = "23505";
    constraint_ = "widgets_name_key";
    const auto reply = call("POST", "/admin/widgets", R"({"name":"first"})");

    EXPECT_EQ(reply.status, 409);
    EXPECT_EQ(reply.json()["code"], "unique");
    EXPECT_EQ(reply.json()["detail"], "name \"first\": already taken by widgets 7");
    EXPECT_EQ(reply.json()["errors"][0]["field"], "name");
}

TEST_F(Routes, AUniqueViolationOfAMergeNamesTheRowInTheWayToo) {
    refusal_ = "23505";
    constraint_ = "widgets_name_key";
    const auto reply = call("PATCH", "/admin/widgets/7", R"({"group":"b"})");

    EXPECT_EQ(reply.status, 409);
    EXPECT_EQ(reply.json()["detail"], "name \"first\": already taken by widgets 7");
}

TEST_F(Routes, ADanglingReferenceEndsAnAtomicBatchWhereItStands) {
    refusal_ = "23503";
    constraint_ = "widgets_group_fkey";
    const auto reply = call("POST",
                            "/admin/widgets/batch",
                            R"({"operations":[{"op":"create","data":{"name":"n"}},
                                              {"op":"create","data":{"name":"m"}}]})");

    EXPECT_EQ(reply.status, 422);
    ASSERT_EQ(reply.json()["errors"].size(), 1U);
    EXPECT_EQ(reply.json()["errors"][0]["field"], "operations/0/group");
}

TEST_F(Routes, ADanglingReferenceIsAFaultOfItsField) {
    refusal_ = "23503";
    constraint_ = "widgets_group_fkey";
    const auto reply = call("POST", "/admin/widgets", R"({"name":"x","group":"none"})");

    EXPECT_EQ(reply.status, 422);
    EXPECT_EQ(reply.json()["errors"][0], Json::parse(R"({"field":"group","code":"dangling",
                              "message":"no such entity in groups: \"none\""})"));
}

TEST_F(Routes, ADeletionOfWhatIsReferredToCountsWhoDoes) {
    refusal_ = "23503";
    constraint_ = "parts_widget_id_fkey";
    const auto reply = call("DELETE", "/admin/widgets/7");

    EXPECT_EQ(reply.status, 409);
    EXPECT_EQ(reply.json()["code"], "in_use");
    EXPECT_EQ(reply.json()["detail"], "widgets 7: in use by 3 spare-parts");
}

TEST_F(Routes, ADeletionThatOnlyTheCommitRefusesCountsWhoDoesToo) {
    host_.db.before_commit = [](auto&) {
        throw Error(EZ_CONFLICT, "main: commit: 'parts_widget_id_fkey': it refers to a row")
            .with_code("foreign_key")
            .with_field("parts_widget_id_fkey")
            .with_sqlstate("23503");
    };
    const auto reply = call("DELETE", "/admin/widgets/7");

    EXPECT_EQ(reply.status, 409);
    EXPECT_EQ(reply.json()["code"], "in_use");
    EXPECT_EQ(reply.json()["detail"], "widgets 7: in use by 3 spare-parts");
    EXPECT_FALSE(reply.json().contains("errors"));
}

TEST_F(Routes, OneEntityHasNoMoreThanAHundredThousandValues) {
    std::string body = R"({"name":"n","group":[0)";
    for (int i = 0; i < 100'000; ++i) body += ",0";
    const auto reply = call("POST", "/admin/widgets", (body + "]}").c_str());
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.body, HasSubstr("more than 100000 values"));
}

TEST_F(Routes, AFullBatchOfLargeOperationsFits) {
    Json body{{"operations", Json::array()}};
    Json data{{"name", "n"}};
    for (int i = 0; i < 60; ++i) data["colour-" + std::to_string(i)] = i;
    for (int i = 0; i < 1000; ++i) body["operations"].push_back({{"op", "create"}, {"data", data}});
    const auto reply = call("POST", "/admin/widgets/batch", body.dump().c_str());
    EXPECT_EQ(reply.status, 422);
    EXPECT_LT(reply.body.size(), 20'000U);
}

TEST_F(Routes, ReadAnswersNotModifiedToWhoHasTheVersion) {
    EXPECT_EQ(call("GET", "/admin/widgets/7").json()["name"], "first");
    const auto status = [&](const char* tags) {
        return call("GET", "/admin/widgets/7", "", {{"If-None-Match", tags}}).status;
    };
    for (const char* tags : {R"("3")",
                             R"(W/"3")",
                             R"("2", "3")",
                             R"("2",W/"3")",
                             "*",
                             R"("3-gzip")",
                             R"(W/"3-br")",
                             R"("3--gzip")",
                             R"("3;gzip")"})
        EXPECT_EQ(status(tags), 304) << tags;
    for (const char* tags : {R"("2")",
                             R"(W/"2")",
                             R"("03")",
                             R"("")",
                             R"("-gzip")",
                             R"("3-x")",
                             R"("3-gzip-gzip")",
                             R"("2", "4")"})
        EXPECT_EQ(status(tags), 200) << tags;
    for (const char* tags : {"", "3", "W/3", R"("3)", R"("3" "4")", R"("3", *)", R"(*, "3")", "**"})
        EXPECT_EQ(status(tags), 400) << tags;
    EXPECT_EQ(call("GET", "/admin/widgets/7", "", {{"If-None-Match", "*"}}).header("ETag"),
              "\"3\"");
}

TEST_F(Routes, WhatIsNoIdNamesNothing) {
    for (const char* id :
         {"8", "0", "-7", "+7", "07", "007", "x", "7x", "7.0", "99999999999999999999"}) {
        const std::string path = std::string("/admin/widgets/") + id;
        EXPECT_EQ(call("GET", path.c_str()).status, 404) << id;
        EXPECT_EQ(call("PUT", path.c_str(), R"({"name":"x"})").status, 404) << id;
        EXPECT_EQ(call("PATCH", path.c_str(), "{}").status, 404) << id;
        EXPECT_EQ(call("DELETE", path.c_str()).status, 404) << id;
    }
    EXPECT_EQ(call("DELETE", "/admin/widgets/8").status, 404);
    EXPECT_EQ(call("PATCH", "/admin/widgets/8", "{}").status, 404);
}

TEST_F(Routes, MergeWritesOnlyWhatIsGiven) {
    const auto reply = call("PATCH", "/admin/widgets/7", R"({"group":"b"})");

    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("ETag"), "\"4\"");
    const auto statements = host_.db.statements();
    const auto update = std::find_if(statements.begin(), statements.end(), [](const auto& one) {
        return one.sql.starts_with("UPDATE");
    });
    ASSERT_NE(update, statements.end());
    EXPECT_EQ(update->params, (std::vector<fake::Cell>{"first", "b", "d", "7", "3"}));
    EXPECT_THAT(update->sql, HasSubstr("WHERE id = $4 AND version = $5"));
}

TEST_F(Routes, IfMatchGuardsEveryWriteOfAnEntity) {
    const fake::Headers stale{{"If-Match", "\"2\""}};
    const fake::Headers current{{"If-Match", "\"3\""}};

    EXPECT_EQ(call("PUT", "/admin/widgets/7", R"({"name":"x"})", stale).status, 412);
    EXPECT_EQ(call("PATCH", "/admin/widgets/7", "{}", stale).status, 412);
    EXPECT_EQ(call("DELETE", "/admin/widgets/7", "", stale).status, 412);
    EXPECT_EQ(call("PATCH", "/admin/widgets/7", "{}", {{"If-Match", "W/\"2\""}}).status, 412);
    for (const char* method : {"PUT", "PATCH", "DELETE"})
        EXPECT_EQ(call(method, "/admin/widgets/7", "{}", {{"If-Match", "3"}}).status, 400);
    EXPECT_EQ(host_.db.count("UPDATE"), 0U);
    EXPECT_EQ(call("PATCH", "/admin/widgets/7", "{}", current).status, 200);
    EXPECT_EQ(call("PATCH", "/admin/widgets/7", "{}", {{"If-Match", "*"}}).status, 200);
}

TEST_F(Routes, IfMatchTakesAListOfTags) {
    const auto patch = [&](const char* tags) {
        return call("PATCH", "/admin/widgets/7", "{}", {{"If-Match", tags}}).status;
    };
    for (const char* tags : {R"("2", "3")", R"("3","2")", R"(, "x,y" ,, W/"3" ,"3",)"})
        EXPECT_EQ(patch(tags), 200) << tags;
    for (const char* tags : {R"("2", "4")", R"(W/"2", "x")", R"("03")", R"("")", R"("3-x")"})
        EXPECT_EQ(patch(tags), 412) << tags;
    for (const char* tags : {"", ",", "3", "x", R"("3)", R"("3" "4")", R"("3", *)", R"("3", 4)"}) {
        const auto reply = call("PATCH", "/admin/widgets/7", "{}", {{"If-Match", tags}});
        EXPECT_EQ(reply.status, 400) << tags;
        EXPECT_EQ(reply.json()["errors"][0]["field"], "If-Match");
    }

    const auto reply = call("PATCH", "/admin/widgets/7", "{}", {{"If-Match", R"("2", "4")"}});
    EXPECT_THAT(reply.body, HasSubstr("expected version 2 or 4, found 3"));
}

TEST_F(Routes, IfMatchTakesWhatAProxyThatCompressesMakesOfATag) {
    for (const char* tag : {R"(W/"3")",
                            R"("3-gzip")",
                            R"(W/"3-gzip")",
                            R"("3--gzip")",
                            R"("3;gzip")",
                            R"("3-br")",
                            R"("3-zstd")",
                            R"("3-deflate")"})
        EXPECT_EQ(call("PATCH", "/admin/widgets/7", "{}", {{"If-Match", tag}}).status, 200) << tag;
    for (const char* tag : {R"(W/"2")", R"("2-gzip")", R"("3gzip")", R"("-gzip")", R"("3-GZIP")"})
        EXPECT_EQ(call("PATCH", "/admin/widgets/7", "{}", {{"If-Match", tag}}).status, 412) << tag;
}

TEST_F(Routes, DeletionAsksWhetherTheRowMustStay) {
    EXPECT_EQ(call("DELETE", "/admin/widgets/7").status, 204);
    EXPECT_EQ(host_.db.changes().front().action, EZ_DELETED);

    group_ = "kept";
    EXPECT_EQ(call("DELETE", "/admin/widgets/7").status, 409);
    EXPECT_EQ(host_.db.count("DELETE"), 1U);
}

TEST_F(Routes, ABatchDoesAllInOneTransaction) {
    const auto reply = call("POST",
                            "/admin/widgets/batch",
                            R"({"operations":[{"op":"create","data":{"name":"n"}},
                                              {"op":"update","id":7,"data":{"group":"b"},"version":3},
                                              {"op":"delete","id":7}]})");

    EXPECT_EQ(reply.status, 200);
    const Json results = reply.json()["results"];
    EXPECT_EQ(results[0]["status"], 201);
    EXPECT_EQ(results[0]["data"]["token"], "t0");
    EXPECT_EQ(results[1]["data"]["group"], "b");
    EXPECT_EQ(results[2]["status"], 204);
    EXPECT_EQ(host_.db.count("COMMIT"), 1U);
}

TEST_F(Routes, ABatchNamesTheOperationInFault) {
    const auto reply = call("POST",
                            "/admin/widgets/batch",
                            R"({"operations":[{"op":"create","data":{"name":"n"}},
                                              {"op":"create","data":{}},
                                              {"op":"update","id":7,"data":{},"version":9}]})");

    EXPECT_EQ(reply.status, 422);
    EXPECT_EQ(reply.json()["errors"][0]["field"], "operations/1/name");
    EXPECT_EQ(reply.json()["errors"].size(), 2U);
    EXPECT_EQ(host_.db.count("COMMIT"), 0U);
}

TEST_F(Routes, AWriteIsTriedAgainWhenPostgresAsksForIt) {
    int failures = 2;
    host_.db.answer = [&](const fake::Statement& statement) {
        if (statement.sql.starts_with("INSERT") && failures-- > 0)
            throw Error(EZ_CONFLICT, "deadlock detected").with_sqlstate("40P01");
        return answer(statement);
    };

    EXPECT_EQ(call("POST", "/admin/widgets", R"({"name":"n"})").status, 201);
    EXPECT_EQ(host_.db.count("BEGIN"), 3U);
    EXPECT_EQ(host_.db.changes().size(), 2U);
}

TEST_F(Routes, AnIdempotencyKeyRepeatsTheAnswer) {
    const fake::Headers key{{"Idempotency-Key", "k1"}};
    const auto first = call("POST", "/admin/widgets", R"({"name":"n"})", key);
    const auto second = call("POST", "/admin/widgets", R"({"name":"n"})", key);

    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(second.header("Location"), first.header("Location"));
    EXPECT_EQ(host_.db.count("INSERT"), 1U);
    EXPECT_EQ(call("POST", "/admin/widgets", R"({"name":"m"})", key).status, 422);
}

TEST_F(Routes, TakeNothingButJson) {
    const auto reply = call("POST", "/admin/widgets", "name=n", {{"Content-Type", "text/plain"}});
    EXPECT_EQ(reply.status, 415);
    for (const char* other : {"application/jsonx",
                              "application/json-patch+json",
                              "application/json; charset=utf-16",
                              "application/json; charset=\"latin1\"",
                              "json",
                              ""}) {
        EXPECT_EQ(call("PATCH", "/admin/widgets/7", "{}", {{"Content-Type", other}}).status, 415)
            << other;
    }
    for (const char* json : {"Application/JSON",
                             "application/json ; Charset=UTF-8",
                             "application/json;charset=\"utf-8\"; profile=x",
                             "application/merge-patch+json",
                             "application/json;"}) {
        EXPECT_EQ(call("PATCH", "/admin/widgets/7", "{}", {{"Content-Type", json}}).status, 200)
            << json;
    }
    EXPECT_EQ(call("POST", "/admin/widgets", "{").status, 400);
    EXPECT_EQ(call("POST", "/admin/widgets", "[]").status, 422);
}

TEST_F(Routes, ADefectIsToldToTheLogOnly) {
    host_.db.answer = [](const fake::Statement&) -> fake::Answer {
        throw Error(EZ_INTERNAL, "column widgets.nmae does not exist");
    };
    const auto reply = call("GET", "/admin/widgets/7");

    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.body.find("nmae"), std::string::npos);
    EXPECT_TRUE(host_.log.contains("nmae"));
}

}  // namespace
}  // namespace ezapi
