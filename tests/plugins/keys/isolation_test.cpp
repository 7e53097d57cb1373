#include <gmock/gmock.h>

#include "tokens_fixture.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;

class Isolation : public TokensFixture {};

TEST_F(Isolation, MasterSeesAndTouchesItsOwnTokensOnly) {
    const json mine = master();
    const json theirs = master();
    const json own = issue(mine);
    const json foreign = issue(theirs);
    HttpClient tenant = instance().client(mine.at("master_key"));
    const std::string target = "/v1/tokens/" + foreign.at("id").dump();
    EXPECT_EQ(tenant.get(target).status, 404);
    EXPECT_EQ(tenant.patch(target, {{"name", "stolen"}}).status, 404);
    EXPECT_EQ(tenant.put(target, {{"name", "stolen"}}).status, 404);
    EXPECT_EQ(tenant.post(target + "/rotate", {{"grace_seconds", 0}}).status, 404);
    EXPECT_EQ(tenant.remove(target).status, 404);
    EXPECT_EQ(read(theirs, foreign).at("version"), 1);

    const json list = tenant.get("/v1/tokens?count=true").json();
    ASSERT_EQ(list.at("data").size(), 1U);
    EXPECT_EQ(list.at("data").at(0).at("id"), own.at("id"));
    EXPECT_EQ(list.at("total"), 1);
    EXPECT_EQ(tenant.get("/v1/tokens?q=" + foreign.at("name").get<std::string>())
                  .json()
                  .at("data")
                  .size(),
              0U);
}

TEST_F(Isolation, MasterDoesWithItsOwnWhatTheOperatorCan) {
    const json of = master();
    HttpClient tenant = instance().client(of.at("master_key"));
    const HttpAnswer created = tenant.post("/v1/tokens", {{"name", "own"}});
    ASSERT_EQ(created.status, 201) << created.body;
    const json key = created.json();
    const std::string target = "/v1/tokens/" + key.at("id").dump();
    EXPECT_EQ(created.header("location"), target);
    EXPECT_EQ(key.at("master_id"), of.at("id"));
    EXPECT_EQ(tenant.get(target).json(), read(of, key));
    EXPECT_EQ(tenant.patch(target, {{"qps_limit", 4}}).json().at("qps_limit"), 4);
    EXPECT_EQ(tenant.put(target, {{"name", "again"}}).json().at("name"), "again");
    EXPECT_TRUE(tenant.post(target + "/rotate", json::object()).json().contains("token"));
    EXPECT_EQ(tenant.remove(target).status, 204);
    EXPECT_EQ(tenant.get(target).status, 404);
    EXPECT_EQ(tenant.post("/v1/tokens/batch", {{"operations", json::array()}}).status, 405);
}

TEST_F(Isolation, TokenIsNotAMastersKey) {
    const json key = issue(master());
    EXPECT_EQ(instance().client(key.at("token")).get("/v1/tokens").status, 401);
    EXPECT_EQ(instance().client().get("/v1/tokens").status, 401);
    EXPECT_EQ(admin().get("/v1/tokens").status, 401);
}

TEST_F(Isolation, SuspendedMasterIssuesNothingButTheOperatorMay) {
    const json of = master();
    HttpClient tenant = instance().client(of.at("master_key"));
    manage(of, "suspend");
    EXPECT_EQ(tenant.post("/v1/tokens", {{"name", "x"}}).status, 403);
    EXPECT_EQ(rendered(hash(issue(of))).at("status"), "suspended");
}

TEST_F(Isolation, PathNamesTheMasterOfTheToken) {
    const json mine = master();
    const json theirs = master();
    const json key = issue(mine);
    EXPECT_EQ(admin().get(path(theirs, key)).status, 404);
    EXPECT_EQ(admin().remove(path(theirs, key)).status, 404);
    EXPECT_EQ(admin().post(path(theirs, key) + "/rotate", json::object()).status, 404);
    EXPECT_EQ(admin().get(path(mine, key)).status, 200);
}

TEST_F(Isolation, TokensOfNoMasterAreNotFound) {
    for (const char* id : {"999999999", "0", "x"}) {
        const std::string target = std::string("/admin/masters/") + id + "/keys";
        EXPECT_EQ(admin().get(target).status, 404) << id;
        EXPECT_EQ(admin().post(target, {{"name", "x"}}).status, 404) << id;
        EXPECT_EQ(admin().get(target + "/1").status, 404) << id;
        EXPECT_EQ(admin().post(target + "/1/rotate", json::object()).status, 404) << id;
    }
}

TEST_F(Isolation, TokenIsNotMovedToAnotherMaster) {
    const json mine = master();
    const json key = issue(mine);
    EXPECT_EQ(admin().patch(path(mine, key), {{"master_id", master().at("id")}}).status, 422);
    EXPECT_EQ(admin().patch(path(mine, key), {{"master_id", mine.at("id")}}).status, 200);
}

}  // namespace
}  // namespace ezapi::tests
