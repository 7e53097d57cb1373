#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tokens_fixture.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::UnorderedElementsAre;

class KeysApi : public TokensFixture {};

TEST_F(KeysApi, CreationAnswersTheWholeTokenOnce) {
    const json of = master();
    const HttpAnswer answer = admin().post(keys_of(of), {{"name", "ci"}});
    ASSERT_EQ(answer.status, 201) << answer.body;
    const json key = answer.json();
    EXPECT_EQ(answer.header("location"), path(of, key));
    EXPECT_EQ(answer.header("etag"), "\"1\"");
    const std::string token = key.at("token");
    EXPECT_THAT(token, MatchesRegex("sk-[0-9A-Za-z]{46}"));
    EXPECT_EQ(key.at("prefix"), token.substr(0, 8));
    EXPECT_EQ(key.at("master_id"), of.at("id"));
    EXPECT_EQ(key.at("group"), "");
    EXPECT_EQ(key.at("models"), json::array());
    EXPECT_EQ(key.at("expires_at"), nullptr);
    EXPECT_EQ(key.at("quota_limit"), nullptr);
    EXPECT_EQ(key.at("quota_used"), 0);
    EXPECT_EQ(key.at("quota_reset"), "none");
    EXPECT_EQ(key.at("quota_reset_at"), nullptr);
    EXPECT_EQ(key.at("status"), "active");
    EXPECT_EQ(key.at("request_count"), 0);
    EXPECT_EQ(key.at("last_used_at"), nullptr);
    EXPECT_EQ(key.at("epoch"), 1);

    const HttpAnswer again = admin().get(path(of, key));
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body.find(token), std::string::npos);
    EXPECT_EQ(again.body.find(hash(key)), std::string::npos);
    EXPECT_EQ(sql("SELECT token_hash FROM keys WHERE id = " + key.at("id").dump()), hash(key));
    EXPECT_EQ(sql("SELECT count(*) FROM keys k WHERE k::text LIKE '%" + token + "%'"), "0");
}

struct BadInput {
    const char* members;
    const char* field;
};

class BadKeys : public TokensFixture, public ::testing::WithParamInterface<BadInput> {};

TEST_P(BadKeys, AreRefusedAtTheirFieldByBothCollections) {
    json members = json::parse(GetParam().members);
    if (!members.contains("name")) members["name"] = "x";
    const json of = master({{"group", "gold"}});
    EXPECT_THAT(faults(admin().post(keys_of(of), members)), Contains(GetParam().field));
    HttpClient tenant = instance().client(of.at("master_key"));
    EXPECT_THAT(faults(tenant.post("/v1/tokens", members)), Contains(GetParam().field));
    EXPECT_EQ(admin().get(keys_of(of)).json().at("data").size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    BadKeys,
    ::testing::Values(BadInput{R"({"name": null})", "name"},
                      BadInput{R"({"name": ""})", "name"},
                      BadInput{R"({"name": 5})", "name"},
                      BadInput{R"({"group": "silver"})", "group"},
                      BadInput{R"({"group": []})", "group"},
                      BadInput{R"({"namespaces": "a"})", "namespaces"},
                      BadInput{R"({"namespaces": ["no-such-namespace"]})", "namespaces/0"},
                      BadInput{R"({"default_namespace": "no-such-namespace"})",
                               "default_namespace"},
                      BadInput{R"({"models": [""]})", "models/0"},
                      BadInput{R"({"models": ["a", "a"]})", "models/1"},
                      BadInput{R"({"models": {"a": 1}})", "models"},
                      BadInput{R"({"models_denied": [null]})", "models_denied/0"},
                      BadInput{R"({"ip_allow": ["10.0.0.0/33"]})", "ip_allow/0"},
                      BadInput{R"({"ip_allow": ["10.0.0.1", "localhost"]})", "ip_allow/1"},
                      BadInput{R"({"ip_deny": ["2001:db8::/200"]})", "ip_deny/0"},
                      BadInput{R"({"ip_deny": "10.0.0.1"})", "ip_deny"},
                      BadInput{R"({"expires_at": "tomorrow"})", "expires_at"},
                      BadInput{R"({"expires_at": 20271231})", "expires_at"},
                      BadInput{R"({"expires_at": "2026-02-30T00:00:00Z"})", "expires_at"},
                      BadInput{R"({"expires_at": "2001-01-01T00:00:00Z"})", "expires_at"},
                      BadInput{R"({"quota_limit": 0})", "quota_limit"},
                      BadInput{R"({"quota_limit": -1})", "quota_limit"},
                      BadInput{R"({"quota_limit": 1.5})", "quota_limit"},
                      BadInput{R"({"quota_limit": "1"})", "quota_limit"},
                      BadInput{R"({"quota_reset": "hourly"})", "quota_reset"},
                      BadInput{R"({"quota_reset_at": "2030-01-01T00:00:00Z"})", "quota_reset_at"},
                      BadInput{R"({"qps_limit": -1})", "qps_limit"},
                      BadInput{R"({"status": "expired"})", "status"},
                      BadInput{R"({"status": "exhausted"})", "status"},
                      BadInput{R"({"status": "gone"})", "status"},
                      BadInput{R"({"quota_used": 5})", "quota_used"},
                      BadInput{R"({"request_count": 5})", "request_count"},
                      BadInput{R"({"tokens_in": 5})", "tokens_in"},
                      BadInput{R"({"last_used_at": "2026-01-01T00:00:00Z"})", "last_used_at"},
                      BadInput{R"({"master_id": 1})", "master_id"},
                      BadInput{R"({"epoch": 9})", "epoch"},
                      BadInput{R"({"token": "sk-1"})", "token"},
                      BadInput{R"({"token_hash": "00"})", "token_hash"},
                      BadInput{R"({"nick": 1})", "nick"}));

TEST_F(KeysApi, TokenStaysWithinTheNamespacesOfItsMaster) {
    for (const char* name : {"one", "two", "three"})
        admin().post("/admin/namespaces", {{"name", name}});
    const json of = master({{"namespaces", {"one", "two"}}});
    EXPECT_EQ(issue(of, {{"namespaces", {"two"}}, {"default_namespace", "two"}}).at("namespaces"),
              json({"two"}));
    const json key = issue(of, {{"default_namespace", "one"}});
    EXPECT_THAT(
        faults(admin().post(keys_of(of), {{"name", "x"}, {"namespaces", {"one", "three"}}})),
        ElementsAre("namespaces/1"));
    EXPECT_THAT(faults(admin().patch(path(of, key), {{"namespaces", {"two"}}})),
                ElementsAre("default_namespace"));
    EXPECT_THAT(faults(admin().patch(path(of, key), {{"default_namespace", "three"}})),
                ElementsAre("default_namespace"));
    EXPECT_EQ(issue(master(), {{"namespaces", {"three"}}}).at("namespaces"), json({"three"}));
}

TEST_F(KeysApi, TokenStaysInTheGroupOfItsMaster) {
    const json of = master({{"group", "gold"}});
    EXPECT_EQ(issue(of, {{"group", "gold"}}).at("group"), "gold");
    EXPECT_EQ(issue(of).at("group"), "");
    EXPECT_EQ(issue(master(), {{"group", "default"}}).at("group"), "default");
}

TEST_F(KeysApi, NamespaceThatATokenNamesStays) {
    const std::string kept =
        "/admin/namespaces/" +
        admin().post("/admin/namespaces", {{"name", "kept"}}).json().at("id").dump();
    const json of = master();
    const json by_list = issue(of, {{"namespaces", {"kept"}}});
    const json by_default = issue(of, {{"default_namespace", "kept"}});
    EXPECT_THAT(admin().remove(kept).body, HasSubstr("2 keys"));
    admin().remove(path(of, by_list));
    admin().remove(path(of, by_default));
    EXPECT_EQ(admin().remove(kept).status, 204);
}

TEST_F(KeysApi, MasterHasNoMoreTokensThanItMay) {
    const json of = master({{"max_child_keys", 2}});
    const json first = issue(of);
    issue(of);
    const HttpAnswer refused = admin().post(keys_of(of), {{"name", "third"}});
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(refused.json().at("code"), "max_child_keys");
    EXPECT_EQ(admin().remove(path(of, first)).status, 204);
    issue(of);
}

TEST_F(KeysApi, LimitHoldsForCreationsAtTheSameTime) {
    const json of = master({{"max_child_keys", 3}});
    std::atomic<int> created{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back([&] {
            HttpClient client = instance().client(of.at("master_key"));
            for (int j = 0; j < 3; ++j) {
                const int status = client.post("/v1/tokens", {{"name", "x"}}).status;
                created += status == 201 ? 1 : 0;
                refused += status == 409 ? 1 : 0;
            }
        });
    }
    for (std::thread& client : clients) client.join();
    EXPECT_EQ(created, 3);
    EXPECT_EQ(refused, 21);
}

TEST_F(KeysApi, PutReplacesAndPatchMerges) {
    const json of = master();
    const json key = issue(of, {{"models", {"a", "b"}}, {"qps_limit", 5}, {"quota_limit", 100}});
    const json patched = admin().patch(path(of, key), {{"qps_limit", 6}}).json();
    EXPECT_EQ(patched.at("models"), json({"a", "b"}));
    EXPECT_EQ(patched.at("qps_limit"), 6);
    EXPECT_EQ(admin().patch(path(of, key), {{"quota_limit", nullptr}}).json().at("quota_limit"),
              nullptr);
    const json replaced = admin().put(path(of, key), {{"name", "renamed"}}).json();
    EXPECT_EQ(replaced.at("models"), json({"a", "b"})) << "a limit is not opened by an omission";
    EXPECT_EQ(replaced.at("name"), "renamed");
    EXPECT_EQ(admin().patch(path(of, key), {{"models", nullptr}}).status, 422);
    EXPECT_EQ(replaced.at("prefix"), key.at("prefix"));
    EXPECT_EQ(admin().put(path(of, key), read(of, key)).json().at("version"), 5);
}

TEST_F(KeysApi, IfMatchMustNameThePresentVersion) {
    const json of = master();
    const json key = issue(of);
    const Headers stale{{"If-Match", "\"7\""}};
    EXPECT_EQ(admin().patch(path(of, key), {{"qps_limit", 1}}, stale).status, 412);
    EXPECT_EQ(admin().put(path(of, key), {{"name", "x"}}, stale).status, 412);
    EXPECT_EQ(admin().remove(path(of, key), stale).status, 412);
    EXPECT_EQ(admin().post(path(of, key) + "/rotate", {{"grace_seconds", 1}}, stale).status, 412);
    EXPECT_EQ(read(of, key).at("version"), 1);
    EXPECT_NE(rendered(hash(key)), nullptr);
}

TEST_F(KeysApi, RepeatWithAnIdempotencyKeyGetsTheFirstAnswerWithItsToken) {
    const json of = master();
    HttpClient tenant = instance().client(of.at("master_key"));
    const Headers key{{"Idempotency-Key", "token-of-" + of.at("id").dump()}};
    const HttpAnswer first = tenant.post("/v1/tokens", {{"name", "x"}}, key);
    const HttpAnswer second = tenant.post("/v1/tokens", {{"name", "x"}}, key);
    ASSERT_EQ(first.status, 201) << first.body;
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.json(), first.json());
    EXPECT_EQ(tenant.post("/v1/tokens", {{"name", "y"}}, key).status, 422);
    EXPECT_EQ(tenant.get("/v1/tokens").json().at("data").size(), 1U);
}

TEST_F(KeysApi, QuotaIsResetAtMidnightUtc) {
    const json key = issue(master(), {{"quota_reset", "daily"}});
    EXPECT_EQ(
        sql("SELECT quota_reset_at = date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE "
            "'UTC' + interval '1 day' FROM keys WHERE id = " +
            key.at("id").dump()),
        "t");
    EXPECT_THAT(key.at("quota_reset_at").get<std::string>(), HasSubstr("T00:00:00.000Z"));
}

TEST_F(KeysApi, BatchIssuesManyTokens) {
    const json of = master();
    json operations = json::array();
    for (int i = 0; i < 20; ++i)
        operations.push_back({{"op", "create"}, {"data", {{"name", "b" + std::to_string(i)}}}});
    const HttpAnswer answer = admin().post(keys_of(of) + "/batch", {{"operations", operations}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    const json results = answer.json().at("results");
    for (const json& result : results) EXPECT_NE(rendered(hash(result.at("data"))), nullptr);
    const json other = issue(master());
    const HttpAnswer foreign = admin().post(
        keys_of(of) + "/batch", {{"operations", {{{"op", "delete"}, {"id", other.at("id")}}}}});
    EXPECT_EQ(foreign.status, 404);
}

TEST_F(KeysApi, ListsFilterAndSort) {
    const json of = master();
    issue(of, {{"name", "beta"}, {"status", "suspended"}});
    issue(of, {{"name", "alpha"}});
    const auto names = [&](const std::string& query) {
        std::vector<std::string> out;
        const json list = admin().get(keys_of(of) + "?" + query).json();
        for (const auto& row : list.at("data")) out.push_back(row.at("name"));
        return out;
    };
    EXPECT_THAT(names("sort=name"), ElementsAre("alpha", "beta"));
    EXPECT_THAT(names("sort=-expires_at,name"), ElementsAre("alpha", "beta"));
    EXPECT_THAT(names("status=suspended"), ElementsAre("beta"));
    EXPECT_THAT(names("q=lph"), ElementsAre("alpha"));
    EXPECT_EQ(admin().get(keys_of(of) + "?token_hash=0").status, 400);
}

TEST_F(KeysApi, BatchOfAnAbsentMasterIsNotFound) {
    EXPECT_EQ(
        admin().post("/admin/masters/999999/keys/batch", {{"operations", json::array()}}).status,
        404);
    EXPECT_EQ(admin().post(keys_of(master()) + "/batch", {{"operations", json::array()}}).status,
              200);
}

TEST_F(KeysApi, NetworksAreKeptInOneFormAndHostBitsAreRefused) {
    const json of = master();
    const json key = issue(of, {{"ip_allow", {"10.0.0.0/8", "2001:DB8::1", "::ffff:10.1.2.3"}}});
    EXPECT_EQ(key.at("ip_allow"), json({"10.0.0.0/8", "2001:db8::1", "10.1.2.3"}));
    for (const char* field : {"ip_allow", "ip_deny"}) {
        const HttpAnswer refused = admin().post(
            keys_of(of), {{"name", "x"}, {field, {"10.1.2.3/8", "::ffff:10.0.0.0/8", "::/8"}}});
        const std::string name = field;
        EXPECT_THAT(faults(refused), ElementsAre(name + "/0", name + "/1", name + "/2"));
        EXPECT_THAT(refused.body, HasSubstr("write 10.0.0.0/8 for the network"));
    }
    json twice{{"name", "x"}, {"ip_deny", {"::ffff:10.3.2.1", "10.3.2.1"}}};
    EXPECT_THAT(faults(admin().post(keys_of(of), twice)), ElementsAre("ip_deny/1"));
}

TEST_F(KeysApi, WhatWasReadMayBeSentBackWholeAtEveryEdgeOfItsFields) {
    const json of = master();
    for (const char* time : {"0001-01-01T00:00:00Z",
                             "0001-01-01T23:59:59.999999+23:59",
                             "9999-12-31T23:59:59.999999Z",
                             "9999-12-31T00:00:00-23:59",
                             "2099-06-15T12:00:00.1234567+05:30",
                             "9999-12-31T23:59:59-23:59"}) {
        const json key = issue(of);
        const HttpAnswer set = admin().patch(path(of, key), {{"expires_at", time}});
        if (set.status != 200) {
            EXPECT_THAT(faults(set), ElementsAre("expires_at")) << time;
            continue;
        }
        const json read_back = read(of, key);
        const HttpAnswer again = admin().put(path(of, key), read_back);
        ASSERT_EQ(again.status, 200) << time << again.body;
        EXPECT_EQ(again.json().at("expires_at"), read_back.at("expires_at")) << time;
        EXPECT_EQ(admin().patch(path(of, key), {{"name", "edited"}}).status, 200) << time;
    }
}

TEST_F(KeysApi, ReadThatCountersOvertookMayBeSentBack) {
    const json of = master();
    const json key = issue(of, {{"quota_limit", 1000}, {"quota_reset", "daily"}});
    const json before = read(of, key);
    admin().post("/probe/usage",
                 {{"items",
                   {{{"key_id", key.at("id")},
                     {"requests", 2},
                     {"tokens_in", 5},
                     {"last_used_at", 1767323045678000}}}}});
    for (const char* method : {"PUT", "PATCH"}) {
        json body = read(of, key);
        for (const char* counter : {"quota_used",
                                    "request_count",
                                    "tokens_in",
                                    "tokens_out",
                                    "last_used_at",
                                    "quota_reset_at"})
            body[counter] = before.at(counter);
        const HttpAnswer answer = admin().send(method, path(of, key), body.dump());
        ASSERT_EQ(answer.status, 200) << method << answer.body;
        EXPECT_EQ(answer.json().at("quota_used"), 5);
        EXPECT_EQ(answer.json().at("request_count"), 2);
    }
}

TEST_F(KeysApi, ActiveIsRefusedWhereItWouldChangeNothing) {
    const json of = master();
    const json used = issue(of, {{"quota_limit", 10}});
    admin().post("/probe/usage", {{"items", {{{"key_id", used.at("id")}, {"tokens_in", 10}}}}});
    const HttpAnswer exhausted = admin().patch(path(of, used), {{"status", "active"}});
    EXPECT_THAT(faults(exhausted), ElementsAre("status"));
    EXPECT_THAT(exhausted.body, HasSubstr("10 of 10 tokens: raise quota_limit"));
    EXPECT_EQ(admin()
                  .patch(path(of, used), {{"status", "active"}, {"quota_limit", 11}})
                  .json()
                  .at("status"),
              "active");

    const json old = issue(of);
    admin().patch(path(of, old), {{"expires_at", "2020-01-01T00:00:00Z"}});
    const HttpAnswer expired = admin().patch(path(of, old), {{"status", "active"}});
    EXPECT_THAT(faults(expired), ElementsAre("status"));
    EXPECT_THAT(expired.body, HasSubstr("expired at 2020-01-01T00:00:00.000Z: set a later"));
    EXPECT_EQ(admin().put(path(of, old), read(of, old)).status, 200);
}

TEST_F(KeysApi, QpsStaysWithinTheMasters) {
    const json of = master({{"global_qps", 10}});
    const json key = issue(of, {{"qps_limit", 10}});
    HttpClient tenant = instance().client(of.at("master_key"));
    EXPECT_THAT(faults(tenant.patch("/v1/tokens/" + key.at("id").dump(), {{"qps_limit", 11}})),
                Contains("qps_limit"));
    EXPECT_THAT(faults(admin().post(keys_of(of), {{"name", "x"}, {"qps_limit", 11}})),
                ElementsAre("qps_limit"));
    touched();
    admin().patch(path(of), {{"global_qps", 4}});
    EXPECT_EQ(rendered(hash(key)).at("qps_limit"), "4");
    EXPECT_THAT(touched(), Contains(hash(key)));
}

TEST_F(KeysApi, TokensOfOneMasterMayHaveOneName) {
    const json of = master();
    for (const char* name : {"race", "race", "Race"}) issue(of, {{"name", name}});
    EXPECT_EQ(admin().get(keys_of(of) + "?name=race").json().at("data").size(), 2U);
    EXPECT_EQ(admin().get(keys_of(of) + "?name=Race").json().at("data").size(), 1U);
}

TEST_F(KeysApi, MasterStaysWhileTokensAreLeftBehindAndIsToldInPlainWords) {
    const json of = master();
    issue(of);
    issue(of);
    ASSERT_EQ(admin().send("POST", "/admin/plugins/keys/disable").status, 200);
    const HttpAnswer refused = admin().remove(path(of));
    const HttpAnswer batch = admin().post(
        "/admin/masters/batch", {{"operations", {{{"op", "delete"}, {"id", of.at("id")}}}}});
    ASSERT_EQ(admin().send("POST", "/admin/plugins/keys/enable").status, 200);

    EXPECT_EQ(refused.status, 409) << refused.body;
    EXPECT_EQ(refused.json().at("code"), "in_use");
    EXPECT_EQ(refused.json().at("detail"), "masters " + of.at("id").dump() + ": in use by 2 keys");
    EXPECT_EQ(batch.status, 409) << batch.body;
    EXPECT_EQ(batch.json().at("detail"), "one of the masters to be deleted: in use by keys");
    EXPECT_EQ(refused.body.find("fkey"), std::string::npos);
    EXPECT_EQ(batch.body.find("fkey"), std::string::npos);
    EXPECT_EQ(admin().remove(path(of)).status, 204) << "the plugin takes its tokens along again";
}

}  // namespace
}  // namespace ezapi::tests
