// The delivery as a client of the real server sees it.
#include "tests/support/instance.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <ctime>
#include <future>

#include "tests/support/eventually.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// A server with a Redis of its own, which can be stopped, for each test.
class SyncInstance : public ::testing::Test {
protected:
    void SetUp() override {
        for (const std::string& why : {PrivatePostgres::missing(), PrivateRedis::missing()}) {
            if (!why.empty()) GTEST_SKIP() << why;
        }
        server_ = std::make_unique<PrivateRedis>();
        if (!server_->controllable()) GTEST_SKIP() << "the Redis server is not ours to stop";
        start({});
    }

    void start(std::map<std::string, std::string> environment,
               std::vector<std::string> plugins = {"features", "namespaces", "sync", "logs"}) {
        environment.insert(
            {{"EZ_SYNC_OUTBOX_INTERVAL_SECONDS", "1"}, {"EZ_SYNC_OUTBOX_MAX_RETRIES", "2"}});
        instance_.reset();
        instance_ = std::make_unique<Instance>(
            InstanceOptions{.plugins = std::move(plugins),
                            .redis = server_->host() + ":" + std::to_string(server_->port()),
                            .environment = std::move(environment)});
        admin_ = std::make_unique<HttpClient>(instance_->admin());
        // The first fill is over: what follows is pushed change by change.
        ASSERT_TRUE(eventually(30s, [&] { return !overview()["last_full_push_at"].is_null(); }));
    }

    HttpAnswer put_flag(const std::string& name, int value) {
        return admin_->put("/admin/features/" + name, {{"value", value}});
    }

    [[nodiscard]] std::optional<int> flag_in_redis(const std::string& name) const {
        const auto text = reader().field("meta:features", name);
        if (!text) return std::nullopt;
        return json::parse(*text).at("value").get<int>();
    }

    [[nodiscard]] json overview() { return admin_->get("/admin/sync").json(); }

    [[nodiscard]] std::string change_state(const std::string& revision) {
        return admin_->get("/admin/sync/changes/" + revision).json().at("state");
    }

    [[nodiscard]] RedisReader reader() const { return RedisReader(server_->port()); }

    /// Each push of a flag fails from now on, as one of a broken entity does.
    void break_flags() const { reader().command({"SET", "meta:features", "not a hash"}); }

    /// In one step, so that nothing finds the hash gone and fills it.
    void repair_flags() const {
        reader().command({"HSET", "repaired", "other", "{}"});
        reader().command({"RENAME", "repaired", "meta:features"});
    }

    std::unique_ptr<PrivateRedis> server_;
    std::unique_ptr<Instance> instance_;
    std::unique_ptr<HttpClient> admin_;
};

TEST_F(SyncInstance, AChangeIsInRedisBeforeItsAnswer) {
    for (int value = 1; value <= 50; ++value) {
        const HttpAnswer answer = put_flag("beta", value);
        ASSERT_LT(answer.status, 300) << answer.body;
        ASSERT_EQ(flag_in_redis("beta"), value);
    }
    ASSERT_EQ(admin_->remove("/admin/features/beta").status, 204);
    EXPECT_EQ(flag_in_redis("beta"), std::nullopt);
}

TEST_F(SyncInstance, TheRevisionOfAnAnswerTellsWhenItsChangeIsApplied) {
    const HttpAnswer answer = put_flag("beta", 1);
    const std::string revision = answer.header("x-change-revision");
    ASSERT_NE(revision, "");

    ASSERT_TRUE(eventually(10s, [&] { return change_state(revision) == "applied"; }));
    const json change = admin_->get("/admin/sync/changes/" + revision).json();

    EXPECT_EQ(change["revision"], std::stoll(revision));
    ASSERT_EQ(change["resources"].size(), 1U);
    EXPECT_EQ(change["resources"][0]["resource"], "meta:features");
    EXPECT_EQ(change["resources"][0]["key"], "beta");
    EXPECT_TRUE(change["nodes"].is_array());
    EXPECT_EQ(admin_->get("/admin/sync/changes/999999999").status, 404);
    EXPECT_TRUE(eventually(15s, [&] {
        return reader().field("meta:sync", "revision").value_or("") == revision;
    })) << "the data plane is told how fresh Redis is";
}

TEST_F(SyncInstance, WritesSucceedWhileRedisIsAwayAndArriveAfterwards) {
    server_->stop();
    std::string revision;
    for (int value = 1; value <= 20; ++value) {
        const HttpAnswer answer = put_flag("f" + std::to_string(value), value);
        ASSERT_LT(answer.status, 300) << answer.body;
        revision = answer.header("x-change-revision");
    }
    EXPECT_EQ(overview()["outbox"]["pending"], 20);
    EXPECT_EQ(overview()["redis"]["connected"], false);
    EXPECT_EQ(change_state(revision), "pending");

    server_->start();

    ASSERT_TRUE(eventually(20s, [&] { return change_state(revision) == "applied"; }));
    for (int value = 1; value <= 20; ++value)
        EXPECT_EQ(flag_in_redis("f" + std::to_string(value)), value);
    EXPECT_TRUE(eventually(10s, [&] { return overview()["outbox"]["pending"] == 0; }));
}

TEST_F(SyncInstance, AWriteDoesNotWaitLongForAStalledRedis) {
    ASSERT_LT(put_flag("beta", 1).status, 300);
    server_->pause();
    const auto begin = std::chrono::steady_clock::now();

    EXPECT_LT(put_flag("beta", 2).status, 300);

    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    server_->resume();
    EXPECT_TRUE(eventually(20s, [&] { return flag_in_redis("beta") == 2; }));
}

TEST_F(SyncInstance, AnEmptiedRedisIsRefilledWithinSeconds) {
    ASSERT_LT(put_flag("beta", 7).status, 300);
    ASSERT_EQ(admin_->post("/admin/namespaces", {{"name", "acme"}}).status, 201);

    reader().command({"FLUSHALL"});

    EXPECT_TRUE(eventually(5s, [&] {
        return flag_in_redis("beta") == 7 &&
               reader().field("config:namespaces", "acme").has_value() &&
               reader().field("meta:sync", "epoch").has_value();
    }));
}

TEST_F(SyncInstance, WhatWasCommittedSurvivesTheProcess) {
    server_->stop();
    ASSERT_LT(put_flag("beta", 3).status, 300);
    instance_->kill();
    server_->start();
    instance_->start();

    EXPECT_TRUE(eventually(20s, [&] { return flag_in_redis("beta") == 3; }));
}

TEST_F(SyncInstance, AnEntityThatKeepsFailingIsGivenUpShownAndRetriedOnDemand) {
    break_flags();
    const std::string revision = put_flag("beta", 1).header("x-change-revision");
    ASSERT_EQ(admin_->post("/admin/namespaces", {{"name", "acme"}}).status, 201)
        << "others are not held up";
    EXPECT_TRUE(reader().field("config:namespaces", "acme").has_value());

    ASSERT_TRUE(eventually(30s, [&] { return change_state(revision) == "dead"; }));
    const json dead = admin_->get("/admin/sync/outbox?state=dead&resource=meta:features").json();
    ASSERT_EQ(dead["data"].size(), 1U);
    EXPECT_EQ(dead["data"][0]["key"], "beta");
    EXPECT_THAT(dead["data"][0]["last_error"].get<std::string>(),
                ::testing::HasSubstr("WRONGTYPE"));
    EXPECT_EQ(overview()["outbox"]["dead"], 1);
    EXPECT_THAT(overview()["last_error"].get<std::string>(), ::testing::HasSubstr("WRONGTYPE"));
    reader().command({"HSET",
                      "dp:node:n1",
                      "node",
                      "n1",
                      "applied_revision",
                      "999999999",
                      "updated_at",
                      std::to_string(std::time(nullptr))});
    EXPECT_TRUE(eventually(10s, [&] {
        const json nodes = admin_->get("/admin/sync/changes/" + revision).json()["nodes"];
        return nodes.size() == 1 && nodes[0]["state"] == "pending";
    })) << "no node can have applied what never reached Redis";

    repair_flags();
    const std::string id = std::to_string(dead["data"][0]["id"].get<std::int64_t>());
    EXPECT_EQ(admin_->send("POST", "/admin/sync/outbox/" + id + "/retry").status, 202);

    EXPECT_TRUE(eventually(10s, [&] { return change_state(revision) == "applied"; }));
    EXPECT_EQ(flag_in_redis("beta"), 1);
    EXPECT_EQ(admin_->send("POST", "/admin/sync/outbox/" + id + "/retry").status, 404);
}

TEST_F(SyncInstance, WithoutOutboxAChangeIsPushedOnceAndWaitsForAnOperator) {
    start({{"EZ_SYNC_OUTBOX_ENABLED", "false"}});
    const json plugins = admin_->get("/admin/plugins").json();
    EXPECT_EQ(plugins.dump().find("\"outbox\""), std::string::npos);
    break_flags();
    const std::string revision = put_flag("beta", 1).header("x-change-revision");
    ASSERT_TRUE(eventually(10s, [&] {
        const json entries = admin_->get("/admin/sync/outbox").json();
        return entries["data"].size() == 1 && entries["data"][0]["attempts"] == 1;
    }));
    EXPECT_EQ(change_state(revision), "pending");

    const HttpAnswer full = push_all(*admin_);

    EXPECT_EQ(full.status, 200) << full.body;
    EXPECT_TRUE(eventually(10s, [&] { return change_state(revision) == "applied"; }));
    EXPECT_EQ(flag_in_redis("beta"), 1);
}

TEST_F(SyncInstance, AFullPushTellsWhatItWroteAndRemovesWhatIsForeign) {
    ASSERT_LT(put_flag("beta", 1).status, 300);
    reader().command({"HSET", "meta:features", "foreign", "{}"});

    const HttpAnswer answer = push_all(*admin_);

    ASSERT_EQ(answer.status, 200) << answer.body;
    bool told = false;
    const json resources = answer.json()["resources"];
    for (const json& resource : resources)
        told = told || (resource["resource"] == "meta:features" && resource["entities"] == 1);
    EXPECT_TRUE(told) << answer.body;
    EXPECT_EQ(reader().length("meta:features"), 1);
    EXPECT_TRUE(eventually(5s, [&] { return !overview()["last_full_push_at"].is_null(); }));
}

TEST_F(SyncInstance, AChangeOfAnEntityThatIsForgottenStaysApplied) {
    ASSERT_LT(put_flag("beta", 1).status, 300);
    const std::string revision =
        admin_->remove("/admin/features/beta?wait=applied").header("x-change-revision");
    SqlReader sql(instance_->dsn());
    ASSERT_TRUE(eventually(10s, [&] { return change_state(revision) == "applied"; }));
    sql.value("UPDATE sync_entities SET updated_at = now() - interval '8 days'");

    ASSERT_EQ(push_all(*admin_).status, 200);

    EXPECT_EQ(sql.value("SELECT count(*) FROM sync_entities WHERE key = 'beta'"), "0");
    EXPECT_EQ(change_state(revision), "applied");
}

TEST_F(SyncInstance, AWriteMayWaitUntilItsChangeIsApplied) {
    const HttpAnswer answer = admin_->put("/admin/features/beta?wait=applied", {{"value", 1}});
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(answer.header("x-change-state"), "applied");
    EXPECT_EQ(change_state(answer.header("x-change-revision")), "applied");
    EXPECT_EQ(flag_in_redis("beta"), 1);
}

TEST_F(SyncInstance, AChangeThatRedisHoldsNothingOfHasARevisionToo) {
    const HttpAnswer answer = admin_->send("POST", "/admin/sync/outbox/1/retry");
    EXPECT_EQ(answer.status, 404) << "nothing changed";
    EXPECT_EQ(answer.header("x-change-revision"), "");
    const HttpAnswer full = admin_->post("/admin/sync/drift?wait=applied", {{"repair", true}});
    ASSERT_EQ(full.status, 200) << full.body;

    SqlReader sql(instance_->dsn());
    const std::string revision =
        sql.value("SELECT max(revision)::text FROM sync_changes WHERE resources = '{}'");
    ASSERT_NE(revision, "");
    const json change = admin_->get("/admin/sync/changes/" + revision).json();
    EXPECT_EQ(change["state"], "applied");
    EXPECT_EQ(change["resources"], json::array());
}

TEST_F(SyncInstance, AWriteThatWaitsInVainIsCommittedAndSaysPending) {
    server_->stop();
    const HttpAnswer answer =
        admin_->put("/admin/features/beta?wait=applied&timeout=0.3", {{"value", 1}});
    EXPECT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(answer.header("x-change-state"), "pending");

    auto waiting = std::async(std::launch::async, [&] {
        return admin_->put("/admin/features/beta?wait=applied&timeout=30", {{"value", 2}});
    });
    server_->start();
    const HttpAnswer patient = waiting.get();
    EXPECT_EQ(patient.header("x-change-state"), "applied");
    EXPECT_EQ(flag_in_redis("beta"), 2);
}

TEST_F(SyncInstance, AWriteThatIsGivenUpSaysSo) {
    break_flags();
    const HttpAnswer answer =
        admin_->put("/admin/features/beta?wait=applied&timeout=30", {{"value", 1}});
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.header("x-change-state"), "dead");
}

TEST_F(SyncInstance, WhatWasMissedWhileAPluginWasDisabledReachesRedis) {
    ASSERT_EQ(put_flag("beta", 1).status, 201);
    ASSERT_EQ(admin_->send("POST", "/admin/plugins/features/disable").status, 200);
    SqlReader(instance_->dsn()).value("UPDATE features SET value = '2' WHERE name = 'beta'");

    ASSERT_EQ(admin_->send("POST", "/admin/plugins/features/enable").status, 200);

    EXPECT_TRUE(eventually(5s, [&] { return flag_in_redis("beta") == 2; }));
}

TEST_F(SyncInstance, ADatabaseOfRedisThatAnotherInstanceTookIsFilledAgain) {
    Instance other(InstanceOptions{
        .plugins = {"features", "namespaces", "sync", "logs"},
        .dsn = instance_->dsn(),
        .redis = server_->host() + ":" + std::to_string(server_->port()),
        .environment = {{"EZ_REDIS_DB", "1"}, {"EZ_SYNC_RECONCILE_INTERVAL_SECONDS", "0"}}});
    HttpClient there = other.admin();

    ASSERT_EQ(there.put("/admin/features/beta", {{"value", 3}}).status, 201);

    EXPECT_TRUE(eventually(15s, [&] { return flag_in_redis("beta") == 3; }))
        << "what was written to database 1 never came to database 0";
    EXPECT_TRUE(eventually(60s, [&] {
        return (instance_->log() + other.log()).find("must name the same server and database") !=
               std::string::npos;
    }));
}

TEST_F(SyncInstance, NodesAreSeenByWhatTheyReport) {
    EXPECT_EQ(admin_->get("/admin/sync/nodes").json()["data"].size(), 0U);
    const HttpAnswer answer = put_flag("beta", 1);
    const std::string revision = answer.header("x-change-revision");
    const auto report = [&](const std::string& node, const std::string& applied, const char* rest) {
        reader().command({"HSET",
                          "dp:node:" + node,
                          "node",
                          node,
                          "build",
                          "7",
                          "applied_revision",
                          applied,
                          "digest",
                          "",
                          "rejected",
                          rest,
                          "updated_at",
                          std::to_string(std::time(nullptr))});
        reader().command({"EXPIRE", "dp:node:" + node, "30"});
    };
    report("behind", "0", "[]");
    report("current", revision, "[]");
    report("refusing",
           revision,
           R"([{"resource":"meta:features","key":"beta","reason":"not a flag"}])");

    json change;
    ASSERT_TRUE(eventually(10s, [&] {
        change = admin_->get("/admin/sync/changes/" + revision).json();
        return change["nodes"].size() == 3;
    }));
    EXPECT_EQ(change["nodes"][0],
              json({{"node", "behind"}, {"state", "pending"}, {"reason", nullptr}}));
    EXPECT_EQ(change["nodes"][1]["state"], "applied");
    EXPECT_EQ(change["nodes"][2]["state"], "rejected");
    EXPECT_EQ(change["nodes"][2]["reason"], "not a flag");

    const json nodes = admin_->get("/admin/sync/nodes").json()["data"];
    ASSERT_EQ(nodes.size(), 3U);
    EXPECT_EQ(nodes[0]["node"], "behind");
    EXPECT_EQ(nodes[0]["build"], "7");
    EXPECT_LT(nodes[0]["age_seconds"], 30);
    EXPECT_EQ(nodes[2]["rejected"], 1);
    EXPECT_EQ(nodes[2]["state"], "rejecting");

    reader().command({"DEL", "dp:node:behind"});
    EXPECT_EQ(admin_->get("/admin/sync/nodes").json()["data"].size(), 2U);
    EXPECT_TRUE(eventually(20s, [&] {
        const std::string text = instance_->internal().get("/internal/metrics").body;
        return text.find("ezapi_sync_node_staleness_seconds{node=\"current\"}") !=
               std::string::npos;
    }));
}

TEST_F(SyncInstance, DriftIsFoundShownAndRepaired) {
    ASSERT_LT(put_flag("beta", 1).status, 300);
    ASSERT_LT(put_flag("gamma", 1).status, 300);
    reader().command({"HSET", "meta:features", "beta", "{}", "foreign", "{}"});

    json report = admin_->post("/admin/sync/drift", json::object()).json();
    EXPECT_EQ(report["found"], 2) << report;
    EXPECT_EQ(report["repaired"], 0);
    EXPECT_EQ(report["keys"].size(), 2U);
    EXPECT_EQ(overview()["drift"]["found"], 2);

    report = admin_->post("/admin/sync/drift", {{"repair", true}}).json();
    EXPECT_EQ(report["repaired"], 2) << report;
    EXPECT_EQ(flag_in_redis("beta"), 1);
    EXPECT_EQ(reader().length("meta:features"), 2);
    EXPECT_EQ(admin_->get("/admin/sync/drift").json(), report);
    EXPECT_EQ(admin_->post("/admin/sync/drift", json::object()).json()["found"], 0);
    EXPECT_EQ(admin_->post("/admin/sync/drift", {{"mend", true}}).status, 422);
}

/// Keys beside the real ones, whose ids look like those of entities that exist.
TEST_F(SyncInstance, KeysOfIdsThatAreNoneAreRemoved) {
    start({}, {"namespaces", "masters", "keys", "sync"});
    const json master = admin_->post("/admin/masters", {{"name", "acme"}}).json();
    const std::string id = master.at("id").dump();
    const json token = admin_->post("/admin/masters/" + id + "/keys", {{"name", "one"}}).json();
    const std::vector<std::string> unknown_keys{"auth:master:0" + id,
                                                "auth:master:+" + id,
                                                "auth:master: " + id,
                                                "auth:master:" + id + ".0",
                                                "auth:master:-" + id,
                                                "auth:master:x",
                                                "auth:master:99999999999999999999",
                                                "auth:master:777",
                                                "auth:token:" + std::string(64, 'A'),
                                                "auth:token:x"};
    for (const std::string& stray : unknown_keys) reader().command({"HSET", stray, "id", id});

    json report = admin_->post("/admin/sync/drift", {{"repair", true}}).json();
    EXPECT_EQ(report["repaired"], unknown_keys.size()) << report;
    for (const std::string& stray : unknown_keys)
        EXPECT_FALSE(reader().field(stray, "id")) << stray;
    EXPECT_EQ(reader().field("auth:master:" + id, "id"), id);
    EXPECT_EQ(overview()["outbox"]["pending"], 0);
    EXPECT_EQ(admin_->post("/admin/sync/drift", json::object()).json()["found"], 0);
}

TEST_F(SyncInstance, DriftIsRepairedByItself) {
    start({{"EZ_SYNC_RECONCILE_INTERVAL_SECONDS", "1"}});
    ASSERT_LT(put_flag("alpha", 1).status, 300);  // so that the hash stays
    ASSERT_LT(put_flag("beta", 1).status, 300);
    reader().command({"HDEL", "meta:features", "beta"});
    EXPECT_TRUE(eventually(20s, [&] { return flag_in_redis("beta") == 1; }));
}

TEST_F(SyncInstance, TheCommandChecksAndRepairsBesideTheServer) {
    ASSERT_LT(put_flag("alpha", 1).status, 300);  // so that the hash stays
    ASSERT_LT(put_flag("beta", 1).status, 300);
    const std::map<std::string, std::string> environment = instance_->environment();
    RunResult run = run_ezapi({"sync", "--check"}, environment);
    EXPECT_EQ(run.exit_code, 0) << run.output;

    reader().command({"HDEL", "meta:features", "beta"});
    run = run_ezapi({"sync", "--check"}, environment);
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_THAT(run.output, ::testing::HasSubstr("missing\tmeta:features\tbeta\n"));
    EXPECT_EQ(flag_in_redis("beta"), std::nullopt);

    run = run_ezapi({"sync", "--repair"}, environment);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_EQ(flag_in_redis("beta"), 1);
    EXPECT_EQ(run_ezapi({"sync", "--mend"}, environment).exit_code, 64);
    EXPECT_EQ(run_ezapi({"features"}, environment).exit_code, 64);
    EXPECT_EQ(run_ezapi({"no-such-thing"}, environment).exit_code, 64);
}

TEST_F(SyncInstance, OnlyOperatorsSeeIt) {
    HttpClient nobody = instance_->client();
    for (const char* path : {"/admin/sync",
                             "/admin/sync/outbox",
                             "/admin/operation-logs",
                             "/admin/sync/nodes",
                             "/admin/sync/drift"})
        EXPECT_EQ(nobody.get(path).status, 401) << path;
    EXPECT_EQ(nobody.send("POST", "/admin/sync/full").status, 401);
}

}  // namespace
}  // namespace ezapi::tests
