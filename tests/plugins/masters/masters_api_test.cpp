#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "masters_fixture.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::UnorderedElementsAre;

class MastersApi : public MastersFixture {};

TEST_F(MastersApi, CreationAnswersTheWholeMasterAndItsKeyOnce) {
    const std::string name = fresh_name();
    const HttpAnswer answer = admin().post("/admin/masters", {{"name", name}});
    ASSERT_EQ(answer.status, 201) << answer.body;
    const json master = answer.json();
    EXPECT_EQ(answer.header("location"), path(master));
    EXPECT_EQ(answer.header("etag"), "\"1\"");
    EXPECT_EQ(master.at("name"), name);
    EXPECT_EQ(master.at("group"), "default");
    EXPECT_EQ(master.at("namespaces"), json::array());
    EXPECT_EQ(master.at("default_namespace"), "");
    EXPECT_EQ(master.at("max_child_keys"), 0);
    EXPECT_EQ(master.at("global_qps"), 0);
    EXPECT_EQ(master.at("status"), "active");
    EXPECT_EQ(master.at("epoch"), 1);
    EXPECT_EQ(master.at("metadata"), json::object());
    EXPECT_EQ(master.at("version"), 1);
    const std::string key = master.at("master_key");
    EXPECT_THAT(key, MatchesRegex("mk-[0-9A-Za-z]{46}"));
    EXPECT_EQ(master.at("prefix"), key.substr(0, 8));

    const HttpAnswer again = admin().get(path(master));
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body.find(key), std::string::npos);
    EXPECT_EQ(again.body.find("key_hash"), std::string::npos);
    EXPECT_FALSE(again.json().contains("master_key"));
}

TEST_F(MastersApi, OnlyTheHashOfAKeyIsStored) {
    const json master = create();
    const std::string key = master.at("master_key");
    SqlReader sql(instance().dsn());
    EXPECT_EQ(sql.value("SELECT key_hash = encode(sha256('" + key +
                        "'), 'hex') FROM masters WHERE id = " + master.at("id").dump()),
              "t");
    EXPECT_EQ(sql.value("SELECT count(*) FROM masters m WHERE m::text LIKE '%" + key + "%'"), "0");
}

struct BadInput {
    const char* members;
    const char* field;
};

class BadMasters : public MastersFixture, public ::testing::WithParamInterface<BadInput> {};

TEST_P(BadMasters, AreRefusedAtTheirField) {
    const json members = json::parse(GetParam().members);
    EXPECT_THAT(faults(admin().post("/admin/masters", members)), Contains(GetParam().field));
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    BadMasters,
    ::testing::Values(
        BadInput{R"({})", "name"},
        BadInput{R"({"name": null})", "name"},
        BadInput{R"({"name": ""})", "name"},
        BadInput{R"({"name": "   "})", "name"},
        BadInput{R"({"name": 7})", "name"},
        BadInput{R"({"name": ["a"]})", "name"},
        BadInput{R"({"name": "x", "group": 1})", "group"},
        BadInput{R"({"name": "x", "namespaces": "a"})", "namespaces"},
        BadInput{R"({"name": "x", "namespaces": [1]})", "namespaces/0"},
        BadInput{R"({"name": "x", "namespaces": ["no-such-namespace"]})", "namespaces/0"},
        BadInput{R"({"name": "x", "namespaces": ["default", "default"]})", "namespaces/1"},
        BadInput{R"({"name": "x", "default_namespace": "no-such-namespace"})", "default_namespace"},
        BadInput{R"({"name": "x", "max_child_keys": -1})", "max_child_keys"},
        BadInput{R"({"name": "x", "max_child_keys": 1.5})", "max_child_keys"},
        BadInput{R"({"name": "x", "max_child_keys": "5"})", "max_child_keys"},
        BadInput{R"({"name": "x", "global_qps": -1})", "global_qps"},
        BadInput{R"({"name": "x", "global_qps": true})", "global_qps"},
        BadInput{R"({"name": "x", "global_qps": 18446744073709551615})", "global_qps"},
        BadInput{R"({"name": "x", "status": "gone"})", "status"},
        BadInput{R"({"name": "x", "status": 1})", "status"},
        BadInput{R"({"name": "x", "metadata": []})", "metadata"},
        BadInput{R"({"name": "x", "epoch": 1})", "epoch"},
        BadInput{R"({"name": "x", "id": 1})", "id"},
        BadInput{R"({"name": "x", "version": 1})", "version"},
        BadInput{R"({"name": "x", "prefix": "mk-00000"})", "prefix"},
        BadInput{R"({"name": "x", "master_key": "mk-1"})", "master_key"},
        BadInput{R"({"name": "x", "key_hash": "00"})", "key_hash"},
        BadInput{R"({"name": "x", "nick": 1})", "nick"}));

TEST_F(MastersApi, AllFaultsOfABodyAreReportedAtOnce) {
    EXPECT_THAT(faults(admin().post("/admin/masters",
                                    {{"name", std::string(129, 'x')},
                                     {"status", "gone"},
                                     {"global_qps", -1},
                                     {"nick", 1}})),
                UnorderedElementsAre("name", "status", "global_qps", "nick"));
}

TEST_F(MastersApi, TextThatIsNoJsonOrNoObjectIsRefused) {
    EXPECT_EQ(admin().send("POST", "/admin/masters", "{").status, 400);
    EXPECT_EQ(admin().send("POST", "/admin/masters", R"({"name": "a", "name": "b"})").status, 400);
    EXPECT_EQ(admin().send("POST", "/admin/masters", "[]").status, 422);
    EXPECT_EQ(
        admin().send("POST", "/admin/masters", "name=x", {{"Content-Type", "text/plain"}}).status,
        415);
}

TEST_F(MastersApi, NameThatIsTakenNamesWhoHasIt) {
    const json master = create();
    const HttpAnswer answer = admin().post("/admin/masters", {{"name", master.at("name")}});
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.json().at("code"), "unique");
    EXPECT_THAT(answer.json().at("detail"), HasSubstr("masters " + master.at("id").dump()));
    const json other = create();
    EXPECT_EQ(admin().patch(path(other), {{"name", master.at("name")}}).status, 409);
}

TEST_F(MastersApi, EmptyGroupIsTheDefaultGroup) {
    EXPECT_EQ(create({{"group", "  "}}).at("group"), "default");
    EXPECT_EQ(create({{"group", " gold "}}).at("group"), "gold");
}

TEST_F(MastersApi, DefaultNamespaceIsOneOfItsNamespaces) {
    admin().post("/admin/namespaces", {{"name", "chat"}});
    admin().post("/admin/namespaces", {{"name", "code"}});
    EXPECT_EQ(create({{"namespaces", {"chat"}}, {"default_namespace", "chat"}}).at("namespaces"),
              json({"chat"}));
    EXPECT_EQ(create({{"default_namespace", "code"}}).at("default_namespace"), "code");
    EXPECT_THAT(
        faults(admin().post(
            "/admin/masters",
            {{"name", fresh_name()}, {"namespaces", {"chat"}}, {"default_namespace", "code"}})),
        ElementsAre("default_namespace"));
    const json master = create({{"namespaces", {"chat", "code"}}, {"default_namespace", "code"}});
    EXPECT_THAT(faults(admin().patch(path(master), {{"namespaces", {"chat"}}})),
                ElementsAre("default_namespace"));
}

TEST_F(MastersApi, NamespaceThatAMasterNamesStays) {
    const HttpAnswer created = admin().post("/admin/namespaces", {{"name", "kept"}});
    const std::string kept = "/admin/namespaces/" + created.json().at("id").dump();
    const json master = create({{"namespaces", {"kept"}}});
    const HttpAnswer refused = admin().remove(kept);
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("1 masters"));
    EXPECT_EQ(admin().remove(path(master)).status, 204);
    EXPECT_EQ(admin().remove(kept).status, 204);
}

TEST_F(MastersApi, PutReplacesAndPatchMerges) {
    const json master = create({{"global_qps", 5}, {"metadata", {{"a", 1}, {"b", 2}}}});
    const json patched =
        admin().patch(path(master), {{"metadata", {{"a", nullptr}, {"c", 3}}}}).json();
    EXPECT_EQ(patched.at("metadata"), json({{"b", 2}, {"c", 3}}));
    EXPECT_EQ(patched.at("global_qps"), 5);
    EXPECT_EQ(patched.at("version"), 2);
    const json replaced = admin().put(path(master), {{"name", master.at("name")}}).json();
    EXPECT_EQ(replaced.at("metadata"), json::object());
    EXPECT_EQ(replaced.at("global_qps"), 5) << "a limit is not opened by leaving it out";
    EXPECT_EQ(replaced.at("prefix"), master.at("prefix"));
    EXPECT_EQ(read(master), replaced);
}

TEST_F(MastersApi, NothingIsOpenedByNullOrByLeavingItOut) {
    const json limits{{"status", "suspended"},
                      {"group", "gold"},
                      {"max_child_keys", 3},
                      {"global_qps", 5},
                      {"quota_limit", 100},
                      {"quota_request_limit", 10},
                      {"quota_reset", "daily"}};
    const json master = create(limits);
    const json replaced = admin().put(path(master), {{"name", master.at("name")}}).json();
    for (const auto& [name, value] : limits.items()) {
        EXPECT_EQ(replaced.at(name), value) << name;
        const HttpAnswer nulled = admin().patch(path(master), {{name, nullptr}});
        const bool nullable = name == "quota_limit" || name == "quota_request_limit";
        EXPECT_EQ(nulled.status, nullable ? 200 : 422) << nulled.body;
    }
    EXPECT_EQ(read(master).at("status"), "suspended");
    EXPECT_EQ(admin().patch(path(master), {{"status", "active"}}).json().at("status"), "active");
}

TEST_F(MastersApi, NamesThatLookTheSameAreOne) {
    const std::string name = fresh_name();
    create({{"name", name + "\xC3\xA9"}});
    EXPECT_EQ(admin().post("/admin/masters", {{"name", name + "e\xCC\x81"}}).status, 409);
    EXPECT_EQ(admin().get("/admin/masters?name=" + name + "e%CC%81").json().at("data").size(), 1U);
    EXPECT_EQ(admin().get("/admin/masters?q=" + name + "e%CC%81").json().at("data").size(), 1U);
    EXPECT_THAT(faults(admin().post("/admin/masters", {{"name", "\xC2\xA0"}})),
                ElementsAre("name"));
    // Names are case-sensitive.
    create({{"name", name + "Race"}});
    create({{"name", name + "race"}});
}

TEST_F(MastersApi, WhatWasReadMayBeSentBackWhole) {
    const json master = create();
    EXPECT_EQ(admin().put(path(master), read(master)).status, 200);
    EXPECT_THAT(faults(admin().patch(path(master), {{"epoch", 2}})), ElementsAre("epoch"));
    EXPECT_THAT(faults(admin().patch(path(master), {{"created_at", "2026-01-01T00:00:00Z"}})),
                ElementsAre("created_at"));
}

TEST_F(MastersApi, IfMatchMustNameThePresentVersion) {
    const json master = create();
    const Headers stale{{"If-Match", "\"7\""}};
    EXPECT_EQ(admin().patch(path(master), {{"global_qps", 1}}, stale).status, 412);
    EXPECT_EQ(admin().put(path(master), {{"name", fresh_name()}}, stale).status, 412);
    EXPECT_EQ(admin().remove(path(master), stale).status, 412);
    EXPECT_EQ(manage(master, "suspend", stale).status, 412);
    EXPECT_EQ(admin().patch(path(master), {{"global_qps", 1}}, {{"If-Match", "1"}}).status, 400);
    EXPECT_EQ(read(master).at("version"), 1);
    EXPECT_EQ(admin().patch(path(master), {{"global_qps", 1}}, {{"If-Match", "\"1\""}}).status,
              200);
    EXPECT_EQ(admin().get(path(master), {{"If-None-Match", "\"2\""}}).status, 304);
    EXPECT_EQ(admin().get(path(master), {{"If-None-Match", "\"1\""}}).status, 200);
}

TEST_F(MastersApi, RepeatWithAnIdempotencyKeyGetsTheFirstAnswerWithItsKey) {
    const json body{{"name", fresh_name()}};
    const Headers key{{"Idempotency-Key", "create-" + body.at("name").get<std::string>()}};
    const HttpAnswer first = admin().post("/admin/masters", body, key);
    const HttpAnswer second = admin().post("/admin/masters", body, key);
    ASSERT_EQ(first.status, 201) << first.body;
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.json(), first.json());
    EXPECT_EQ(second.header("location"), first.header("location"));
    EXPECT_EQ(admin().post("/admin/masters", {{"name", fresh_name()}}, key).status, 422);
}

TEST_F(MastersApi, ListsFilterSearchSortAndPage) {
    for (const char* name : {"list-a", "list-b", "list-c"})
        create({{"name", name}, {"group", name == std::string("list-b") ? "lists-b" : "lists"}});
    const auto names = [](const std::string& query) {
        std::vector<std::string> out;
        const json list = admin().get("/admin/masters?" + query).json();
        for (const auto& row : list.at("data")) out.push_back(row.at("name"));
        return out;
    };
    EXPECT_THAT(names("group=lists&sort=-name"), ElementsAre("list-c", "list-a"));
    EXPECT_THAT(names("q=IST-B"), ElementsAre("list-b"));
    EXPECT_THAT(names("name=list-a&status=active"), ElementsAre("list-a"));
    const json page = admin().get("/admin/masters?q=list-&sort=name&limit=2&count=true").json();
    EXPECT_EQ(page.at("data").size(), 2U);
    EXPECT_EQ(page.at("total"), 3);
    EXPECT_THAT(
        names("q=list-&sort=name&limit=2&cursor=" + page.at("next_cursor").get<std::string>()),
        ElementsAre("list-c"));
    EXPECT_EQ(admin().get("/admin/masters?colour=red").status, 400);
    EXPECT_EQ(admin().get("/admin/masters?status=gone").status, 400);
    EXPECT_EQ(admin().get("/admin/masters?limit=501").status, 400);
    EXPECT_EQ(admin().get("/admin/masters?sort=metadata").status, 400);
}

TEST_F(MastersApi, AtomicBatchDoesAllOrNothing) {
    const json master = create();
    const std::string name = fresh_name();
    const json operations{
        {{"op", "create"}, {"data", {{"name", name}}}},
        {{"op", "update"}, {"id", master.at("id")}, {"data", {{"global_qps", -5}}}}};
    const HttpAnswer refused = admin().post("/admin/masters/batch", {{"operations", operations}});
    EXPECT_THAT(faults(refused), ElementsAre("operations/1/global_qps"));
    EXPECT_EQ(admin().get("/admin/masters?name=" + name).json().at("data").size(), 0U);

    const HttpAnswer partly =
        admin().post("/admin/masters/batch", {{"atomic", false}, {"operations", operations}});
    ASSERT_EQ(partly.status, 200) << partly.body;
    const json results = partly.json().at("results");
    EXPECT_EQ(results.at(0).at("status"), 201);
    EXPECT_THAT(results.at(0).at("data").at("master_key").get<std::string>(),
                MatchesRegex("mk-[0-9A-Za-z]{46}"));
    EXPECT_EQ(results.at(1).at("status"), 422);
}

TEST_F(MastersApi, UnknownMastersAreNotFound) {
    for (const char* id : {"999999999", "0", "-1", "x", "99999999999999999999"}) {
        const std::string target = std::string("/admin/masters/") + id;
        EXPECT_EQ(admin().get(target).status, 404) << id;
        EXPECT_EQ(admin().patch(target, {{"global_qps", 1}}).status, 404) << id;
        EXPECT_EQ(admin().remove(target).status, 404) << id;
        EXPECT_EQ(admin().post(target + "/manage", {{"action", "suspend"}}).status, 404) << id;
    }
}

TEST_F(MastersApi, RoutesOfTheOperatorWantTheOperator) {
    const json master = create();
    HttpClient nobody = instance().client();
    HttpClient tenant = instance().client(master.at("master_key"));
    for (HttpClient* client : {&nobody, &tenant}) {
        EXPECT_EQ(client->get("/admin/masters").status, 401);
        EXPECT_EQ(client->post("/admin/masters", {{"name", "x"}}).status, 401);
        EXPECT_EQ(client->get(path(master)).status, 401);
        EXPECT_EQ(client->remove(path(master)).status, 401);
        EXPECT_EQ(client->post(path(master) + "/manage", {{"action", "suspend"}}).status, 401);
    }
}

TEST_F(MastersApi, NameThatTheSameBatchTookNamesItsRow) {
    const std::string name = fresh_name();
    const json create{{"op", "create"}, {"data", {{"name", name}}}};
    const json results =
        admin()
            .post("/admin/masters/batch", {{"atomic", false}, {"operations", {create, create}}})
            .json()
            .at("results");
    ASSERT_EQ(results.at(0).at("status"), 201);
    const json problem = results.at(1).at("problem");
    EXPECT_EQ(problem.at("detail"),
              "name \"" + name + "\": already taken by masters " + results.at(0).at("id").dump());
    EXPECT_EQ(problem.at("errors").at(0).at("field"), "name");
}

TEST_F(MastersApi, NamesHoldNoControlCharacters) {
    for (const char* name : {"a\nb\u0001", "a\xE2\x80\xAE"})
        EXPECT_THAT(faults(admin().post("/admin/masters", {{"name", name}})), ElementsAre("name"));
}

TEST_F(MastersApi, ABodyOfManyUnknownNamesIsRefusedInBrief) {
    std::string body = R"({"name":"x")";
    for (int i = 0; i < 50'000; ++i) body += ",\"" + std::to_string(i) + "\":1";
    const HttpAnswer answer = admin().send("POST", "/admin/masters", body + "}");
    EXPECT_EQ(answer.status, 422) << answer.body.substr(0, 200);
    EXPECT_LT(answer.body.size(), 20'000U);
}

TEST_F(MastersApi, BodiesBeyondOneMebibyteAreRefusedByTheirLengthAlone) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(instance().port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string head =
        "POST /admin/masters HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
        "Authorization: Bearer " +
        std::string(kAdminToken) + "\r\nContent-Length: 1048577\r\n\r\n";
    ASSERT_EQ(::send(socket, head.data(), head.size(), 0), static_cast<ssize_t>(head.size()));
    std::string status(12, ' ');
    EXPECT_EQ(::recv(socket, status.data(), status.size(), MSG_WAITALL), 12);
    EXPECT_EQ(status, "HTTP/1.1 413");
    ::close(socket);
}

TEST_F(MastersApi, CursorOfForeignValuesIsNamed) {
    // ["","x"]
    const HttpAnswer answer = admin().get("/admin/masters?cursor=WyIiLCJ4Il0");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.json().at("errors").at(0).at("field"), "cursor") << answer.body;
}

}  // namespace
}  // namespace ezapi::tests
