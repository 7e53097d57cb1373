// The operation log of the real server: every write of every plugin adds a row.
#include <gmock/gmock.h>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class OperationLog : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"masters", "keys", "namespaces", "features", "sync", "logs"},
                .environment = {{"EZ_QUOTA_RESET_INTERVAL_SECONDS", "1"}}};
    }

    static json entries(const std::string& query) {
        const HttpAnswer answer = admin().get("/admin/operation-logs?" + query);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json()["data"];
    }

    /// The rows of the answer's request, newest first.
    static json rows_of(const HttpAnswer& answer) {
        EXPECT_LT(answer.status, 300) << answer.body;
        return entries("request_id=" + answer.header("x-request-id"));
    }

    static HttpAnswer create_master(const std::string& name) {
        return admin().post("/admin/masters", {{"name", name}});
    }
};

TEST_F(OperationLog, EachFilterHasItsIndex) {
    SqlReader sql(instance().dsn());
    sql.query("SET enable_seqscan = off");
    for (const auto& [condition, index] :
         {std::pair{"actor_kind = 'admin'", "operation_logs_actor_kind"},
          {"actor_id = 7", "operation_logs_actor_id"},
          {"actor = 'admin'", "operation_logs_actor"},
          {"action = 'create'", "operation_logs_action"},
          {"resource = 'masters'", "operation_logs_resource"},
          {"resource_id = '7'", "operation_logs_resource_id"},
          {"ip = '10.0.0.1'", "operation_logs_ip"},
          {"request_id = 'r'", "operation_logs_request_id"}}) {
        std::string plan;
        for (const SqlRow& row :
             sql.query(std::string("EXPLAIN SELECT * FROM operation_logs WHERE ") + condition))
            plan += *row[0] + "\n";
        EXPECT_THAT(plan, testing::HasSubstr(std::string(index) + " ")) << condition << plan;
    }
}

TEST_F(OperationLog, TellsWhoDidWhatToWhichEntity) {
    const HttpAnswer answer = admin().post("/admin/namespaces", {{"name", "told"}});
    const json rows = rows_of(answer);

    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["actor_kind"], "admin");
    EXPECT_NE(rows[0]["actor"], "");
    EXPECT_EQ(rows[0]["action"], "create");
    EXPECT_EQ(rows[0]["resource"], "namespaces");
    EXPECT_EQ(rows[0]["resource_id"], std::to_string(answer.json()["id"].get<std::int64_t>()));
    EXPECT_TRUE(rows[0]["before"].is_null());
    EXPECT_EQ(rows[0]["after"]["name"], "told");
    EXPECT_EQ(rows[0]["ip"], "127.0.0.1");
    EXPECT_EQ(rows[0]["method"], "POST");
    EXPECT_EQ(rows[0]["path"], "/admin/namespaces");
}

TEST_F(OperationLog, MarksARequestIdThatTheClientChose) {
    const HttpAnswer own = admin().post("/admin/namespaces", {{"name", "own-id"}});
    EXPECT_EQ(rows_of(own)[0]["request_id_given"], false);
    const HttpAnswer given = admin().send(
        "POST",
        "/admin/namespaces",
        R"({"name": "given-id"})",
        {{"Content-Type", "application/json"}, {"X-Request-ID", "chosen-by-the-client"}});
    EXPECT_EQ(given.header("x-request-id"), "chosen-by-the-client");
    EXPECT_EQ(rows_of(given)[0]["request_id_given"], true);
    // A request id that is not accepted does not count as chosen by the client.
    const HttpAnswer refused =
        admin().send("POST",
                     "/admin/namespaces",
                     R"({"name": "refused-id"})",
                     {{"Content-Type", "application/json"}, {"X-Request-ID", "not usable"}});
    EXPECT_EQ(rows_of(refused)[0]["request_id_given"], false);
}

TEST_F(OperationLog, ShowsAnUpdateWithBothStates) {
    const std::string path =
        "/admin/namespaces/" + std::to_string(admin()
                                                  .post("/admin/namespaces", {{"name", "changed"}})
                                                  .json()["id"]
                                                  .get<std::int64_t>());
    const json rows = rows_of(admin().patch(path, {{"description", "new"}}));

    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["action"], "update");
    EXPECT_EQ(rows[0]["before"]["description"], "");
    EXPECT_EQ(rows[0]["after"]["description"], "new");
}

TEST_F(OperationLog, HoldsActionsThatAreNoPlainWrites) {
    const std::string path =
        "/admin/masters/" +
        std::to_string(create_master("managed").json()["id"].get<std::int64_t>());
    for (const char* action : {"suspend", "activate", "rotate-key", "revoke-tokens"}) {
        const json rows = rows_of(admin().post(path + "/manage", {{"action", action}}));
        ASSERT_GE(rows.size(), 1U) << action;
        EXPECT_EQ(rows[0]["resource"], "masters") << action;
        EXPECT_EQ(rows[0]["action"], "update") << action;
    }
    EXPECT_GE(rows_of(admin().put("/admin/features/flag", {{"value", 1}})).size(), 1U);
    EXPECT_GE(rows_of(push_all(admin())).size(), 1U);
}

TEST_F(OperationLog, HoldsWhatTheServerItselfIsToldToDo) {
    const HttpAnswer opened = admin().post("/admin/sessions", {{"scope", "read"}});
    ASSERT_EQ(opened.status, 201) << opened.body;
    const json session = rows_of(opened);
    ASSERT_EQ(session.size(), 1U);
    EXPECT_EQ(session[0]["resource"], "sessions");
    EXPECT_EQ(session[0]["action"], "create");
    EXPECT_EQ(session[0]["after"]["scope"], "read");
    EXPECT_EQ(session.dump().find(opened.json()["token"].get<std::string>()), std::string::npos);

    const json reload = rows_of(admin().send("POST", "/admin/plugins/features/reload"));
    ASSERT_EQ(reload.size(), 1U);
    EXPECT_EQ(reload[0]["resource"], "plugins");
    EXPECT_EQ(reload[0]["resource_id"], "features");
    EXPECT_EQ(reload[0]["after"]["action"], "reload");
    EXPECT_EQ(reload[0]["actor_kind"], "admin");
}

TEST_F(OperationLog, HoldsWhatTimeDoesToTokens) {
    const json master = create_master("timely").json();
    HttpClient client = instance().client(master["master_key"]);
    const auto issue = [&](const char* name) {
        const HttpAnswer answer = client.post(
            "/v1/tokens", {{"name", name}, {"quota_limit", 10}, {"quota_reset", "daily"}});
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json()["id"].dump();
    };
    const std::string expiring = issue("expiring");
    const std::string exhausted = issue("exhausted");
    const std::string active = issue("active");
    SqlReader sql(instance().dsn());
    sql.query("UPDATE keys SET expires_at = now() - interval '1 second' WHERE id = " + expiring);
    sql.query(
        "UPDATE keys SET quota_reset_at = now() - interval '1 second', status = CASE id WHEN " +
        exhausted + " THEN 'exhausted' ELSE status END WHERE id IN (" + exhausted + ", " + active +
        ")");
    const auto row_of = [](const std::string& id) {
        return entries("actor_kind=system&resource=keys&resource_id=" + id);
    };
    ASSERT_TRUE(eventually(
        30s, [&] { return row_of(expiring).size() == 1 && row_of(exhausted).size() == 1; }));
    EXPECT_EQ(row_of(expiring)[0]["before"], json({{"status", "active"}}));
    EXPECT_EQ(row_of(expiring)[0]["after"], json({{"status", "expired"}}));
    EXPECT_EQ(row_of(expiring)[0]["actor"], "keys");
    EXPECT_EQ(row_of(exhausted)[0]["after"], json({{"status", "active"}}));
    // A reset without a change of status is recorded in its batch only.
    EXPECT_TRUE(row_of(active).empty());
    std::vector<std::string> reset;
    for (const json& row : entries("resource=quota-resets")) {
        EXPECT_EQ(row["after"]["count"], row["after"]["key_ids"].size());
        for (const json& id : row["after"]["key_ids"]) reset.push_back(id.dump());
    }
    EXPECT_THAT(reset, testing::UnorderedElementsAre(exhausted, active));
}

TEST_F(OperationLog, HoldsWhatUseAndTimeDoToTheQuotasOfMasters) {
    const auto master = [](const char* name) {
        const HttpAnswer answer = admin().post(
            "/admin/masters", {{"name", name}, {"quota_limit", 10}, {"quota_reset", "daily"}});
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json();
    };
    const json used_up = master("used-up");
    const json idle = master("idle");
    const std::string id = used_up["id"].dump();
    HttpClient client = instance().client(used_up["master_key"]);
    const json key = client.post("/v1/tokens", {{"name", "one"}}).json();
    const auto turns = [&] { return entries("resource=masters&action=update&resource_id=" + id); };
    HttpClient internal = instance().internal();
    const HttpAnswer report =
        internal.post("/internal/stats/flush",
                      {{"node", "n"},
                       {"epoch", "e"},
                       {"sequence", 1},
                       {"items", {{{"key_id", key["id"]}, {"requests", 1}, {"tokens_in", 10}}}}});
    ASSERT_EQ(report.status, 200) << report.body;
    ASSERT_EQ(turns().size(), 1U);
    EXPECT_EQ(turns()[0]["before"], json({{"quota_exhausted", false}}));
    EXPECT_EQ(turns()[0]["after"], json({{"quota_exhausted", true}}));
    EXPECT_EQ(turns()[0]["actor_kind"], "internal");
    SqlReader(instance().dsn())
        .query("UPDATE master_usage SET quota_reset_at = now() - interval '1 second'");
    ASSERT_TRUE(eventually(30s, [&] { return turns().size() == 2; }));
    EXPECT_EQ(turns()[0]["after"], json({{"quota_exhausted", false}}));
    EXPECT_EQ(turns()[0]["actor_kind"], "system");
    std::vector<std::string> reset;
    for (const json& row : entries("resource=quota-resets")) {
        if (!row["after"].contains("master_ids")) continue;
        EXPECT_EQ(row["after"]["count"], row["after"]["master_ids"].size());
        for (const json& one : row["after"]["master_ids"]) reset.push_back(one.dump());
    }
    EXPECT_THAT(reset, testing::UnorderedElementsAre(id, idle["id"].dump()));
}

TEST_F(OperationLog, NamesTheMasterThatWroteForItself) {
    const json master = create_master("self").json();
    HttpClient client = instance().client(master["master_key"]);

    const json rows = rows_of(client.post("/v1/tokens", {{"name", "mine"}}));

    ASSERT_GE(rows.size(), 1U);
    EXPECT_EQ(rows[0]["actor_kind"], "master");
    EXPECT_EQ(rows[0]["actor_id"], master["id"]);
    EXPECT_EQ(rows[0]["actor"], "self");
    EXPECT_EQ(rows[0]["resource"], "keys");
}

TEST_F(OperationLog, HoldsNoCredential) {
    const json master = create_master("secretive").json();
    const json token =
        instance().client(master["master_key"]).post("/v1/tokens", {{"name", "one"}}).json();
    const std::string all =
        SqlReader(instance().dsn())
            .value("SELECT string_agg(operation_logs::text, ' ') FROM operation_logs");

    ASSERT_TRUE(token["token"].is_string());
    EXPECT_EQ(all.find(token["token"].get<std::string>()), std::string::npos);
    EXPECT_EQ(all.find(master["master_key"].get<std::string>()), std::string::npos);
}

TEST_F(OperationLog, HasARowForEachOperationOfABatchInOrder) {
    const HttpAnswer answer =
        admin().post("/admin/namespaces/batch",
                     {{"operations",
                       {{{"op", "create"}, {"data", {{"name", "batch-a"}}}},
                        {{"op", "create"}, {"data", {{"name", "batch-b"}}}}}}});
    const json rows = rows_of(answer);

    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0]["after"]["name"], "batch-b");
    EXPECT_EQ(rows[1]["after"]["name"], "batch-a");
}

TEST_F(OperationLog, HasNoRowForWhatWasNotCommitted) {
    ASSERT_EQ(admin().post("/admin/namespaces", {{"name", "twice"}}).status, 201);
    const HttpAnswer refused = admin().post("/admin/namespaces", {{"name", "twice"}});
    ASSERT_EQ(refused.status, 409);

    EXPECT_TRUE(entries("request_id=" + refused.header("x-request-id")).empty());
}

TEST_F(OperationLog, IsFilteredAndPaged) {
    for (const char* name : {"page-a", "page-b", "page-c"})
        ASSERT_EQ(admin().post("/admin/namespaces", {{"name", name}}).status, 201);
    const std::string filter = "resource=namespaces&action=create&actor_kind=admin";
    const json all = entries(filter + "&limit=500");

    const json first = admin().get("/admin/operation-logs?limit=2&" + filter).json();
    const json second = admin()
                            .get("/admin/operation-logs?limit=2&" + filter +
                                 "&cursor=" + first["next_cursor"].get<std::string>())
                            .json();

    ASSERT_GE(all.size(), 3U);
    EXPECT_EQ(first["data"][0]["id"], all[0]["id"]);
    EXPECT_EQ(first["data"][1]["id"], all[1]["id"]);
    EXPECT_EQ(second["data"][0]["id"], all[2]["id"]);
    EXPECT_EQ(admin().get("/admin/operation-logs?cursor=nonsense").status, 400);
    EXPECT_EQ(admin().get("/admin/operation-logs?colour=red").status, 400);
}

TEST_F(OperationLog, IsCutByTimeHalfOpen) {
    const json row = rows_of(admin().post("/admin/namespaces", {{"name", "timed"}}))[0];
    const std::string of_row = "&request_id=" + row["request_id"].get<std::string>();

    EXPECT_EQ(entries("from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z" + of_row).size(), 1U);
    EXPECT_TRUE(entries("to=2020-01-01T00:00:00Z" + of_row).empty());
    EXPECT_TRUE(entries("from=2099-01-01T00:00:00Z" + of_row).empty());
    EXPECT_EQ(admin().get("/admin/operation-logs?from=yesterday").status, 400);
}

TEST_F(OperationLog, CannotBeRewritten) {
    ASSERT_EQ(admin().post("/admin/namespaces", {{"name", "kept"}}).status, 201);
    SqlReader sql(instance().dsn());

    for (const char* statement : {"UPDATE operation_logs SET actor = 'nobody'",
                                  "DELETE FROM operation_logs",
                                  "TRUNCATE operation_logs"})
        EXPECT_THROW(sql.query(statement), std::runtime_error) << statement;
}

}  // namespace
}  // namespace ezapi::tests
