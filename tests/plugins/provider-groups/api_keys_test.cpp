// API keys over REST, with the real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "ezapi/time.hpp"
#include "tests/plugins/provider-groups/groups_fixture.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::string in(std::chrono::seconds time) {
    return format_time(now() + time);
}

TEST_F(GroupsTest, ShowsMasksAndKeepsSecretsToItself) {
    const auto group =
        create_group({{"name", "masks"}, {"type", "vertex"}, {"google_project", "p"}});
    const HttpAnswer answer = admin().post("/admin/api-keys",
                                           {{"group_id", group},
                                            {"name", "main"},
                                            {"access_token", " ya29.canary-of-access-token\n"},
                                            {"refresh_token", "1//canary-of-refresh"},
                                            {"token_expires_at", "2030-01-02T03:04:05Z"}});
    ASSERT_EQ(answer.status, 201) << answer.body;
    const json key = answer.json();
    EXPECT_EQ(key.at("access_token"), "ya2…oken");
    EXPECT_EQ(key.at("refresh_token"), "1//…resh");
    EXPECT_EQ(key.at("api_key"), nullptr);
    EXPECT_EQ(key.at("weight"), 1);
    EXPECT_EQ(key.at("token_expires_at"), "2030-01-02T03:04:05.000Z");
    for (const char* hidden : {"sealed", "key_id", "credential_ref", "fingerprint"})
        EXPECT_FALSE(key.contains(hidden)) << hidden;
    EXPECT_THAT(answer.body, Not(HasSubstr("canary")));
    EXPECT_THAT(admin().get("/admin/api-keys").body, Not(HasSubstr("canary")));
    EXPECT_THAT(instance().log(), Not(HasSubstr("canary")));
    SqlReader sql(instance().dsn());
    for (const SqlRow& row : sql.query("SELECT k::text FROM api_keys k"))
        EXPECT_THAT(*row[0], Not(HasSubstr("canary")));
}

TEST_F(GroupsTest, KeepsTheSecretWhenItsMaskComesBackAndRefusesAnyOther) {
    const auto group = create_group({{"name", "masked-back"}, {"type", "openai"}});
    const auto id = create_key({{"group_id", group}, {"api_key", "sk-masked-back-c0de"}});
    SqlReader sql(instance().dsn());
    const auto sealed = [&] {
        return sql.value("SELECT sealed FROM api_keys WHERE id = " + std::to_string(id));
    };
    const std::string before = sealed();
    json read = admin().get(key_path(id)).json();
    EXPECT_EQ(read.at("api_key"), "sk-…c0de");
    for (const char* mask : {"sk-…other", "****", "sk-...c0de", "•••", "xxxx"}) {
        const HttpAnswer refused = admin().patch(key_path(id), {{"api_key", mask}});
        EXPECT_EQ(refused.status, 422) << mask;
        EXPECT_THAT(faults(refused), UnorderedElementsAre("api_key masked")) << mask;
        EXPECT_EQ(admin().post("/admin/api-keys", {{"group_id", group}, {"api_key", mask}}).status,
                  422)
            << mask;
    }
    read["name"] = "renamed";
    const HttpAnswer replaced = admin().put(key_path(id), read);
    EXPECT_EQ(replaced.status, 200) << replaced.body;
    EXPECT_EQ(replaced.json().at("api_key"), "sk-…c0de");
    EXPECT_EQ(admin().patch(key_path(id), {{"api_key", "sk-…c0de"}}).status, 200);
    EXPECT_EQ(sealed(), before);
    EXPECT_EQ(
        admin().patch(key_path(id), {{"api_key", "sk-another-one-beef"}}).json().at("api_key"),
        "sk-…beef");
    EXPECT_NE(sealed(), before);
}

TEST_F(GroupsTest, EveryTimeThatWasTakenMayBeSentBack) {
    const auto group = create_group({{"name", "edge-of-time"}, {"type", "codex"}});
    const auto id = create_key({{"group_id", group}, {"access_token", "token-of-edge-of-time"}});
    const json banned{{"status", "banned"}, {"ban_reason", "spam"}};
    ASSERT_EQ(admin().patch(key_path(id), banned).status, 200);
    int taken = 0;
    for (const char* field : {"token_expires_at", "ban_until"}) {
        for (const char* time : {"0001-01-01T00:00:00Z",
                                 "0001-01-01T00:00:00+00:01",
                                 "2099-06-15T12:00:00.1234567+05:30",
                                 "9999-12-31T23:59:59.999999Z",
                                 "9999-12-31T23:59:59-23:59"}) {
            const HttpAnswer set = admin().patch(key_path(id), {{field, time}});
            if (set.status != 200) {
                EXPECT_EQ(set.status, 422) << time;
                continue;
            }
            ++taken;
            const json read = admin().get(key_path(id)).json();
            const HttpAnswer again = admin().put(key_path(id), read);
            ASSERT_EQ(again.status, 200) << field << time << again.body;
            EXPECT_EQ(again.json().at(field), read.at(field)) << time;
        }
    }
    EXPECT_EQ(taken, 5);
}

TEST_F(GroupsTest, NothingIsSwitchedOnByNullOrByLeavingItOut) {
    const auto group = create_group(
        {{"name", "stays-off"}, {"type", "openai"}, {"status", "suspended"}, {"auto_ban", false}});
    const std::string group_path = "/admin/provider-groups/" + std::to_string(group);
    const HttpAnswer put = admin().put(group_path, {{"name", "stays-off"}, {"type", "openai"}});
    ASSERT_EQ(put.status, 200) << put.body;
    EXPECT_EQ(put.json().at("status"), "suspended");
    EXPECT_EQ(put.json().at("auto_ban"), false);
    EXPECT_EQ(admin().patch(group_path, {{"status", nullptr}}).status, 422);
    EXPECT_EQ(admin().patch(group_path, {{"auto_ban", nullptr}}).status, 422);

    const auto id = create_key({{"group_id", group}, {"api_key", "sk-stays-banned-1"}});
    ASSERT_EQ(admin().patch(key_path(id), {{"status", "banned"}, {"ban_reason", "spam"}}).status,
              200);
    const HttpAnswer replaced = admin().put(key_path(id), {{"group_id", group}});
    ASSERT_EQ(replaced.status, 200) << replaced.body;
    EXPECT_EQ(replaced.json().at("status"), "banned");
    EXPECT_EQ(replaced.json().at("ban_reason"), "spam");
    EXPECT_EQ(admin().patch(key_path(id), {{"status", nullptr}}).status, 422);
    EXPECT_EQ(admin()
                  .put(key_path(id), {{"group_id", group}, {"status", "active"}})
                  .json()
                  .at("ban_reason"),
              nullptr);
}

TEST_F(GroupsTest, WantsTheCredentialsOfTheGroupsType) {
    const auto openai = create_group({{"name", "wants-key"}, {"type", "openai"}});
    const auto codex = create_group({{"name", "wants-token"}, {"type", "codex"}});
    EXPECT_THAT(faults(admin().post("/admin/api-keys", {{"group_id", openai}})),
                UnorderedElementsAre("api_key required"));
    EXPECT_THAT(faults(admin().post("/admin/api-keys", {{"group_id", openai}, {"api_key", ""}})),
                UnorderedElementsAre("api_key required"));
    EXPECT_THAT(faults(admin().post("/admin/api-keys", {{"group_id", codex}, {"api_key", "sk-x"}})),
                UnorderedElementsAre("api_key unused", "access_token required"));
    EXPECT_THAT(faults(admin().post("/admin/api-keys", {{"group_id", 999999}, {"api_key", "sk"}})),
                UnorderedElementsAre("group_id dangling"));
    EXPECT_THAT(
        faults(admin().post(
            "/admin/api-keys",
            {{"group_id", openai}, {"api_key", "sk-12345678901"}, {"token_expires_at", in(1h)}})),
        UnorderedElementsAre("token_expires_at unused"));
    const auto id = create_key({{"group_id", openai}, {"api_key", "sk-wanted-123456"}});
    EXPECT_THAT(faults(admin().patch(key_path(id), {{"api_key", nullptr}})),
                UnorderedElementsAre("api_key required"));
}

TEST_F(GroupsTest, ForgetsTheExpiryOfATokenThatIsReplaced) {
    const auto group = create_group({{"name", "expiry"}, {"type", "codex"}});
    const auto id = create_key(
        {{"group_id", group}, {"access_token", "first-token"}, {"token_expires_at", in(1h)}});
    EXPECT_EQ(admin()
                  .patch(key_path(id), {{"access_token", "second-token"}})
                  .json()
                  .at("token_expires_at"),
              nullptr);
}

TEST_F(GroupsTest, RefusesTheSameCredentialTwiceInOneGroup) {
    const auto group = create_group({{"name", "twice"}, {"type", "openai"}});
    const auto other = create_group({{"name", "elsewhere"}, {"type", "openai"}});
    const auto id = create_key({{"group_id", group}, {"api_key", "sk-twice-1234567"}});
    const HttpAnswer refused =
        admin().post("/admin/api-keys", {{"group_id", group}, {"api_key", "sk-twice-1234567 "}});
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("api-keys " + std::to_string(id)));
    EXPECT_THAT(refused.body, Not(HasSubstr("sk-twice")));
    create_key({{"group_id", other}, {"api_key", "sk-twice-1234567"}});
    EXPECT_EQ(admin().patch(key_path(id), {{"api_key", "sk-twice-1234567"}}).status, 200)
        << "its own";
}

TEST_F(GroupsTest, MovesAKeyElsewhereOnlyWhenConfirmed) {
    const auto here = create_group({{"name", "here"}, {"type", "openai"}});
    const auto like = create_group({{"name", "like-here"}, {"type", "openai"}});
    const auto there = create_group(
        {{"name", "there"}, {"type", "openai"}, {"base_url", "https://there.example"}});
    const auto id = create_key({{"group_id", here}, {"api_key", "sk-moving-123456"}});
    EXPECT_EQ(admin().patch(key_path(id), {{"group_id", like}}).status, 200);
    const HttpAnswer refused = admin().patch(key_path(id), {{"group_id", there}});
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body, HasSubstr("confirm_credentials"));
    EXPECT_EQ(
        admin().patch(key_path(id), {{"group_id", there}, {"confirm_credentials", true}}).status,
        200);
}

TEST_F(GroupsTest, BansForAReasonAndATime) {
    const auto group = create_group({{"name", "bans"}, {"type", "openai"}});
    const auto id = create_key({{"group_id", group}, {"api_key", "sk-banned-123456"}});
    EXPECT_THAT(faults(admin().patch(key_path(id), {{"status", "banned"}})),
                UnorderedElementsAre("ban_reason required"));
    EXPECT_THAT(faults(admin().patch(key_path(id), {{"ban_reason", "because"}})),
                UnorderedElementsAre("ban_reason unused"));
    EXPECT_THAT(
        faults(admin().patch(
            key_path(id), {{"status", "banned"}, {"ban_reason", "401"}, {"ban_until", in(-1s)}})),
        UnorderedElementsAre("ban_until range"));
    EXPECT_EQ(admin().patch(key_path(id), {{"status", "banned"}, {"ban_reason", "401"}}).status,
              200);
    const json freed = admin().patch(key_path(id), {{"status", "active"}}).json();
    EXPECT_EQ(freed.at("ban_reason"), nullptr);
}

TEST_F(GroupsTest, EndsABanWhenItsTimeHasPassed) {
    const auto group = create_group({{"name", "ban-ends"}, {"type", "openai"}});
    const auto id = create_key({{"group_id", group}, {"api_key", "sk-ban-ends-1234"}});
    const auto lasting = create_key({{"group_id", group}, {"api_key", "sk-ban-lasts-123"}});
    ASSERT_EQ(admin()
                  .patch(key_path(lasting),
                         {{"status", "banned"}, {"ban_reason", "401"}, {"ban_until", in(1h)}})
                  .status,
              200);
    ASSERT_EQ(admin()
                  .patch(key_path(id),
                         {{"status", "banned"}, {"ban_reason", "429"}, {"ban_until", in(1s)}})
                  .status,
              200);
    EXPECT_TRUE(
        eventually(40s, [&] { return admin().get(key_path(id)).json().at("status") == "active"; }));
    const json freed = admin().get(key_path(id)).json();
    EXPECT_EQ(freed.at("ban_until"), nullptr);
    EXPECT_EQ(freed.at("version"), 3) << "a change like any other";
    EXPECT_EQ(admin().get(key_path(lasting)).json().at("status"), "banned");
}

}  // namespace
}  // namespace ezapi::tests
