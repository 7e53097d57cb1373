#include <gmock/gmock.h>

#include <future>

#include "tokens_fixture.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// The service "keys/1", called by a test plugin.
class Usage : public TokensFixture {
protected:
    /// The answer to a report during which the token's row is changed: these statements are
    /// committed once the report waits for the row.
    static json add_while(const std::string& token_hash, const std::vector<std::string>& changes) {
        SqlReader other(instance().dsn());
        other.query("BEGIN");
        for (const std::string& change : changes) other.query(change);
        auto answer = std::async(std::launch::async, [&] {
            return add({{{"token_hash", token_hash}, {"requests", 1}, {"tokens_in", 5}},
                        {{"token_hash", std::string(64, 'f')}, {"requests", 1}}});
        });
        SqlReader watcher(instance().dsn());
        EXPECT_TRUE(eventually(std::chrono::seconds(10), [&] {
            return watcher.value(
                       "SELECT count(*) FROM pg_stat_activity "
                       "WHERE datname = current_database() AND wait_event_type = 'Lock'") != "0";
        }));
        other.query("COMMIT");
        return answer.get();
    }

    static json add(const json& items) {
        const HttpAnswer answer = admin().post("/probe/usage", {{"items", items}});
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json()["unknown"];
    }
};

TEST_F(Usage, CountersAddUpByIdAndByHash) {
    const json of = master();
    const json one = issue(of);
    const json two = issue(of);
    EXPECT_EQ(add({{{"key_id", one.at("id")},
                    {"requests", 2},
                    {"tokens_in", 10},
                    {"tokens_out", 5},
                    {"last_used_at", 1767323045678000}},
                   {{"token_hash", hash(two)}, {"requests", 1}, {"tokens_in", 7}},
                   {{"token_hash", hash(one)},
                    {"requests", 3},
                    {"tokens_out", 1},
                    {"last_used_at", 1767323040000000}}}),
              json({0, 0, 0}));
    const json first = read(of, one);
    EXPECT_EQ(first.at("request_count"), 5);
    EXPECT_EQ(first.at("tokens_in"), 10);
    EXPECT_EQ(first.at("tokens_out"), 6);
    EXPECT_EQ(first.at("quota_used"), 16);
    EXPECT_EQ(first.at("last_used_at"), "2026-01-02T03:04:05.678Z");
    EXPECT_EQ(first.at("version"), 1) << "counters do not get in the way of If-Match";
    EXPECT_EQ(admin().get(path(of, one), {{"If-None-Match", "\"1\""}}).status, 200)
        << "nor are they kept from a client that has read that version";
    const Headers known{{"If-None-Match", admin().get(path(of, one)).header("etag")}};
    EXPECT_EQ(admin().get(path(of, one), known).status, 304);
    EXPECT_EQ(read(of, two).at("request_count"), 1);
    EXPECT_EQ(read(of, two).at("last_used_at"), nullptr);
}

TEST_F(Usage, UnknownTokensAreTold) {
    const json key = issue(master());
    EXPECT_EQ(add({{{"key_id", 999999999}, {"requests", 1}},
                   {{"key_id", key.at("id")}, {"requests", 1}},
                   {{"token_hash", std::string(64, '0')}, {"requests", 1}},
                   {{"requests", 1}}}),
              json({1, 0, 1, 1}));
    EXPECT_EQ(add(json::array()), json::array());
}

TEST_F(Usage, RotatedTokenStillCountsForItsRow) {
    const json of = master();
    const json key = issue(of);
    admin().post(path(of, key) + "/rotate", {{"grace_seconds", 600}});
    EXPECT_EQ(add({{{"token_hash", hash(key)}, {"requests", 4}}}), json({0}));
    EXPECT_EQ(read(of, key).at("request_count"), 4);
}

TEST_F(Usage, RowThatMovesMeanwhileIsCounted) {
    const json of = master();
    const json key = issue(of);
    EXPECT_EQ(
        add_while(hash(key),
                  {"UPDATE keys SET request_count = 7 WHERE token_hash = '" + hash(key) + "'"}),
        json({0, 1}));
    EXPECT_EQ(read(of, key).at("request_count"), 8);
    EXPECT_EQ(read(of, key).at("tokens_in"), 5);
}

TEST_F(Usage, TokenThatIsRotatedMeanwhileIsCounted) {
    const json of = master();
    const json key = issue(of);
    const std::string was = "WHERE token_hash = '" + hash(key) + "'";
    EXPECT_EQ(add_while(hash(key),
                        {"INSERT INTO key_retiring_hashes "
                         "SELECT token_hash, id, epoch, now() + interval '1 hour' FROM keys " +
                             was,
                         "UPDATE keys SET token_hash = repeat('e', 64) " + was}),
              json({0, 1}));
    EXPECT_EQ(read(of, key).at("request_count"), 1);
}

/// Reports by the previous token, by the current one and by id, while a second rotation commits.
TEST_F(Usage, TokenThatIsRotatedAgainMeanwhileIsCounted) {
    const json of = master();
    int requests = 0;
    const json key = issue(of);
    const std::string first = hash(key);
    std::string now = first;
    for (int round = 1; round <= 4; ++round) {
        const std::string was = "WHERE token_hash = '" + now + "'";
        const std::string next(64, static_cast<char>('0' + round));
        EXPECT_EQ(add_while(first,
                            {"INSERT INTO key_retiring_hashes "
                             "SELECT token_hash, id, epoch, now() + interval '1 hour' FROM keys " +
                                 was,
                             "UPDATE keys SET token_hash = '" + next + "' " + was}),
                  json({0, 1}))
            << round;
        now = next;
        EXPECT_EQ(read(of, key).at("request_count"), ++requests) << round;
    }
}

TEST_F(Usage, EveryNameOfATokenCounts) {
    const json of = master();
    const json key = issue(of);
    admin().post(path(of, key) + "/rotate", {{"grace_seconds", 600}});
    json items = json::array();
    for (int i = 0; i < 3; ++i) {
        items.push_back({{"key_id", key.at("id")}, {"requests", 1}});
        items.push_back({{"token_hash", hash(key)}, {"requests", 10}});
        items.push_back({{"token_hash", std::string(64, 'f')}, {"requests", 100}});
    }
    EXPECT_EQ(add(items), json({0, 0, 1, 0, 0, 1, 0, 0, 1}));
    EXPECT_EQ(read(of, key).at("request_count"), 33);
}

TEST_F(Usage, TokenThatReachesItsQuotaIsExhausted) {
    const json of = master();
    const json key = issue(of, {{"quota_limit", 100}});
    const json open = issue(of);
    touched();
    add({{{"key_id", key.at("id")}, {"tokens_in", 99}},
         {{"key_id", open.at("id")}, {"tokens_in", 99}}});
    EXPECT_THAT(touched(), ElementsAre(hash(key))) << "only a quota is seen by the data plane";
    EXPECT_EQ(read(of, key).at("status"), "active");
    EXPECT_EQ(rendered(hash(key)).at("quota_used"), "99");
    add({{{"key_id", key.at("id")}, {"tokens_out", 1}}});
    EXPECT_EQ(read(of, key).at("status"), "exhausted");
    EXPECT_EQ(read(of, key).at("version"), 2);
    EXPECT_EQ(rendered(hash(key)).at("status"), "exhausted");
    touched();
    add({{{"key_id", key.at("id")}, {"requests", 1}}});
    EXPECT_THAT(touched(), IsEmpty());
    const json more = admin().patch(path(of, key), {{"quota_limit", 500}}).json();
    EXPECT_EQ(more.at("status"), "active");
}

TEST_F(Usage, SuspendedTokenStaysSuspendedBeyondItsQuota) {
    const json of = master();
    const json key = issue(of, {{"quota_limit", 10}, {"status", "suspended"}});
    add({{{"key_id", key.at("id")}, {"tokens_in", 50}}});
    EXPECT_EQ(read(of, key).at("status"), "suspended");
    EXPECT_EQ(admin().patch(path(of, key), {{"status", "active"}}).json().at("status"),
              "exhausted");
}

TEST_F(Usage, GraceIsMarkedWithItsToken) {
    const json of = master();
    const json key = issue(of, {{"quota_limit", 1000}});
    const json rotated = admin().post(path(of, key) + "/rotate", {{"grace_seconds", 600}}).json();
    touched();
    add({{{"key_id", key.at("id")}, {"tokens_in", 500}}});
    EXPECT_THAT(touched(), UnorderedElementsAre(hash(key), hash(rotated)));
}

TEST_F(Usage, SmallUseOfAQuotaIsToldLater) {
    const json of = master();
    const json key = issue(of, {{"quota_limit", 1000}});
    touched();
    add({{{"key_id", key.at("id")}, {"tokens_in", 10}}});
    EXPECT_EQ(read(of, key).at("quota_used"), 10);
    EXPECT_TRUE(eventually(std::chrono::seconds(10),
                           [&] { return rendered(hash(key)).at("quota_used") == "10"; }));
    EXPECT_THAT(touched(), ElementsAre(hash(key)));
}

TEST_F(Usage, SmallUsesThatAddUpToASixteenthOfTheRestAreToldAtOnce) {
    const json of = master();
    const json key = issue(of, {{"quota_limit", 1600}});
    add({{{"key_id", key.at("id")}, {"tokens_in", 50}}});
    touched();
    add({{{"key_id", key.at("id")}, {"tokens_in", 99}}});
    EXPECT_THAT(touched(), ElementsAre(hash(key)));
    EXPECT_EQ(rendered(hash(key)).at("quota_used"), "149");
}

TEST_F(Usage, ImpossibleCountersAreRefusedAndAddNothing) {
    const json of = master();
    const json key = issue(of);
    for (const char* member : {"requests", "tokens_in", "tokens_out", "last_used_at"}) {
        const HttpAnswer answer = admin().post("/probe/usage",
                                               {{"items",
                                                 {{{"key_id", key.at("id")}, {"requests", 1}},
                                                  {{"key_id", key.at("id")}, {member, -1}}}}});
        EXPECT_EQ(answer.status, 400) << member;
    }
    EXPECT_EQ(read(of, key).at("request_count"), 0);
}

TEST_F(Usage, TokenIsFoundAsTheDataPlaneSeesIt) {
    const json of = master({{"group", "gold"}});
    const json key = issue(of, {{"quota_limit", 5}, {"models", {"m"}}});
    const auto find = [](const std::string& by) {
        return admin().get("/probe/keys/" + by).json().at("key");
    };
    const json found = find(hash(key));
    EXPECT_EQ(found, find(key.at("id").dump()));
    EXPECT_EQ(found.at("group"), "gold");
    EXPECT_EQ(found.at("models"), R"(["m"])");
    EXPECT_EQ(found.at("quota_limit"), 5);
    EXPECT_EQ(found.at("expires_at"), 0);
    manage(of, "suspend");
    EXPECT_EQ(find(hash(key)).at("status"), "suspended");
    EXPECT_EQ(find(std::string(64, '0')), nullptr);
    EXPECT_EQ(find("999999999"), nullptr);
}

TEST(UsageOfAnother, WhatAProcessLeftUntoldIsToldByTheNext) {
    Instance server({.plugins = {"masters", "keys", "probe"}, .plugin_directories = {EZAPI_PROBE}});
    const json of = server.admin().post("/admin/masters", {{"name", "left"}}).json();
    const json key = server.admin()
                         .post("/admin/masters/" + of.at("id").dump() + "/keys",
                               {{"name", "left"}, {"quota_limit", 1000000}})
                         .json();
    const std::string hash = sha256_hex(key.at("token").get<std::string>());
    const auto shown = [&] {
        return server.admin()
            .get("/probe/render/auth:token/" + hash)
            .json()
            .at(hash)
            .at("quota_used");
    };
    server.stop();
    SqlReader(server.dsn()).query("UPDATE keys SET quota_used = 7, quota_unshown = 7");
    server.start();
    EXPECT_TRUE(eventually(std::chrono::seconds(10), [&] { return shown() == "7"; }));
}

}  // namespace
}  // namespace ezapi::tests
