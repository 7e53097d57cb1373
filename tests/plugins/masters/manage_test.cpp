#include <gmock/gmock.h>

#include "ezapi/credential.hpp"
#include "masters_fixture.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;

class Manage : public MastersFixture {};

TEST_F(Manage, MasterReadsItself) {
    const json master = create({{"metadata", {{"a", 1}}}});
    const HttpAnswer answer = instance().client(master.at("master_key")).get("/v1/self");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.json(), read(master));
}

TEST_F(Manage, UnknownKeysAreNotLetIn) {
    const std::string key = create().at("master_key");
    std::string mistyped = key;
    mistyped.back() = mistyped.back() == 'a' ? 'b' : 'a';
    const std::string never_issued = credential::issue("mk-");
    for (const std::string& wrong :
         {std::string(), mistyped, never_issued, key + "x", "sk" + key}) {
        const HttpAnswer answer = instance().client(wrong).get("/v1/self");
        EXPECT_EQ(answer.status, 401) << wrong;
        EXPECT_NE(answer.header("www-authenticate"), "");
    }
}

TEST_F(Manage, SuspendedMasterIsDeniedUntilActivated) {
    const json master = create();
    HttpClient tenant = instance().client(master.at("master_key"));
    const HttpAnswer suspended = manage(master, "suspend");
    EXPECT_EQ(suspended.status, 200);
    EXPECT_EQ(suspended.json().at("status"), "suspended");
    EXPECT_EQ(suspended.header("etag"), "\"2\"");
    EXPECT_FALSE(suspended.json().contains("master_key"));
    EXPECT_EQ(tenant.get("/v1/self").status, 403);
    EXPECT_EQ(manage(master, "activate").json().at("status"), "active");
    EXPECT_EQ(tenant.get("/v1/self").status, 200);
}

TEST_F(Manage, RotatedKeyReplacesTheOldOneAtOnce) {
    const json master = create();
    const HttpAnswer answer = manage(master, "rotate-key");
    ASSERT_EQ(answer.status, 200) << answer.body;
    const json rotated = answer.json();
    const std::string key = rotated.at("master_key");
    EXPECT_THAT(key, MatchesRegex("mk-[0-9A-Za-z]{46}"));
    EXPECT_EQ(rotated.at("prefix"), key.substr(0, 8));
    EXPECT_NE(key, master.at("master_key"));
    EXPECT_EQ(instance().client(master.at("master_key")).get("/v1/self").status, 401);
    EXPECT_EQ(instance().client(key).get("/v1/self").status, 200);
    EXPECT_FALSE(read(master).contains("master_key"));
}

TEST_F(Manage, RevokingTokensRaisesTheEpoch) {
    const json master = create();
    EXPECT_EQ(manage(master, "revoke-tokens").json().at("epoch"), 2);
    EXPECT_EQ(manage(master, "revoke-tokens").json().at("epoch"), 3);
    EXPECT_EQ(rendered(master).at("epoch"), "3");
}

TEST_F(Manage, RepeatWithAnIdempotencyKeyRotatesOnce) {
    const json master = create();
    const Headers key{{"Idempotency-Key", "rotate-" + master.at("id").dump()}};
    const json first = manage(master, "rotate-key", key).json();
    EXPECT_EQ(manage(master, "rotate-key", key).json(), first);
    EXPECT_EQ(read(master).at("version"), 2);
}

TEST_F(Manage, BodiesAreStrict) {
    const json master = create();
    const auto sent = [&](const json& body) {
        return faults(admin().post(path(master) + "/manage", body));
    };
    EXPECT_THAT(sent(json::object()), ElementsAre("action"));
    EXPECT_THAT(sent({{"action", "destroy"}}), ElementsAre("action"));
    EXPECT_THAT(sent({{"action", 1}}), ElementsAre("action"));
    EXPECT_THAT(sent({{"action", nullptr}}), ElementsAre("action"));
    EXPECT_THAT(sent({{"action", "suspend"}, {"force", true}}), ElementsAre("force"));
    EXPECT_THAT(sent({{"action", "suspend"}, {"id", 1}}), ElementsAre("id"));
    EXPECT_EQ(admin().send("POST", path(master) + "/manage", "[]").status, 422);
    EXPECT_EQ(admin().send("POST", path(master) + "/manage", "").status, 400);
    EXPECT_EQ(read(master).at("version"), 1);
}

TEST_F(Manage, DeletedMasterIsUnknownAndAbsent) {
    const json master = create();
    EXPECT_EQ(admin().remove(path(master)).status, 204);
    EXPECT_EQ(admin().get(path(master)).status, 404);
    EXPECT_EQ(instance().client(master.at("master_key")).get("/v1/self").status, 401);
    EXPECT_TRUE(rendered(master).is_null());
}

TEST_F(Manage, ProjectionLeavesOutWhatLimitsNothing) {
    const json master = create({{"name", "projected"}});
    EXPECT_EQ(rendered(master),
              json({{"id", master.at("id").dump()},
                    {"name", "projected"},
                    {"group", "default"},
                    {"status", "active"},
                    {"epoch", "1"}}));
    admin().post("/admin/namespaces", {{"name", "shown"}});
    admin().patch(path(master),
                  {{"namespaces", {"shown"}}, {"default_namespace", "shown"}, {"global_qps", 9}});
    const json full = rendered(master);
    EXPECT_EQ(full.at("namespaces"), R"(["shown"])");
    EXPECT_EQ(full.at("default_namespace"), "shown");
    EXPECT_EQ(full.at("global_qps"), "9");
}

TEST_F(Manage, EveryWriteMarksTheMaster) {
    const json master = create();
    const std::string id = master.at("id").dump();
    const auto touched = [] { return admin().get("/probe/touched").json().at("ids"); };
    EXPECT_THAT(touched(), Contains(id));
    manage(master, "suspend");
    EXPECT_THAT(touched(), ElementsAre(id));
    admin().remove(path(master));
    EXPECT_THAT(touched(), ElementsAre(id));
}

TEST_F(Manage, ProjectionsPagesHaveEveryMasterOnce) {
    for (int i = 0; i < 12; ++i) create();  // ids with one and two digits
    const json all = admin().get("/probe/scan/auth:master/3").json();
    SqlReader sql(instance().dsn());
    EXPECT_EQ(std::to_string(all.size()), sql.value("SELECT count(*) FROM masters"));
}

/// Uses a server of its own, because it makes the database unavailable.
class Outage : public MastersFixture {};

TEST_F(Outage, FailureOfTheDatabaseIsNotAWrongKey) {
    if (!PrivatePostgres::shared().controllable()) GTEST_SKIP() << "the database is not ours";
    const json master = create();
    HttpClient tenant = instance().client(master.at("master_key"));
    EXPECT_EQ(tenant.get("/v1/self").status, 200);
    SqlReader(instance().dsn()).query("CHECKPOINT");  // the test server commits asynchronously
    PrivatePostgres::shared().stop();
    const HttpAnswer answer = tenant.get("/v1/self");
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_NE(answer.header("retry-after"), "");
    EXPECT_EQ(instance().client("mk-mistyped").get("/v1/self").status, 401)
        << "what cannot be a key needs no database";
    PrivatePostgres::shared().start();
    EXPECT_TRUE(
        eventually(std::chrono::seconds(30), [&] { return tenant.get("/v1/self").status == 200; }))
        << tenant.get("/v1/self").body << instance().log();
}

}  // namespace
}  // namespace ezapi::tests
