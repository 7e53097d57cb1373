// The keyring across restarts: rotation, a wrong keyring, and a generated one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "tests/plugins/provider-groups/groups_fixture.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const std::string kNextKey(64, 'b');

class KeyRotation : public PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (const std::string why = PrivateRedis::missing(); !why.empty()) GTEST_SKIP() << why;
        if (!IsSkipped()) dsn_ = postgres().fresh_database();
    }

    [[nodiscard]] std::unique_ptr<Instance> start(const std::string& keys,
                                                  const std::string& lost = "false") const {
        return std::make_unique<Instance>(InstanceOptions{
            .plugins = {"provider-groups"},
            .dsn = dsn_,
            .environment = {{"EZ_SECRET_KEYS", keys}, {"EZ_SECRET_KEYS_LOST", lost}}});
    }

    /// Why it does not start.
    [[nodiscard]] std::string refusal(const std::string& keys) const {
        try {
            (void)start(keys);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    }

    static void create_keys(Instance& instance, size_t count) {
        HttpClient admin = instance.admin();
        json operations = json::array();
        const std::int64_t group =
            admin.post("/admin/provider-groups", {{"name", "g"}, {"type", "openai"}})
                .json()
                .at("id");
        for (size_t i = 0; i < count; ++i)
            operations.push_back(
                {{"op", "create"},
                 {"data", {{"group_id", group}, {"api_key", "sk-rotated-" + std::to_string(i)}}}});
        ASSERT_EQ(admin.post("/admin/api-keys/batch", {{"operations", operations}}).status, 200);
    }

    static json encryption(Instance& instance) {
        return instance.admin().get("/admin/api-keys/encryption").json();
    }

    std::string dsn_;
};

TEST_F(KeyRotation, BringsEveryRowToTheFirstKey) {
    constexpr size_t kRows = 250;  // more than one batch of the job
    {
        const auto old = start("old:" + kRingKey);
        create_keys(*old, kRows);
        EXPECT_EQ(encryption(*old), (json{{"key_id", "old"}, {"remaining", 0}, {"unreadable", 0}}));
    }
    SqlReader sql(dsn_);
    {
        const auto both = start("new:" + kNextKey + ",old:" + kRingKey);
        EXPECT_TRUE(eventually(60s, [&] { return encryption(*both).at("remaining") == 0; }));
        EXPECT_EQ(encryption(*both).at("key_id"), "new");
        EXPECT_EQ(sql.value("SELECT count(*) FROM api_keys WHERE key_id = 'new' AND sealed LIKE "
                            "'v1:new:%' AND version = 1"),
                  std::to_string(kRows));
    }
    const auto next = start("new:" + kNextKey);
    EXPECT_EQ(encryption(*next).at("unreadable"), 0);
    const HttpAnswer twice = next->admin().post(
        "/admin/api-keys",
        {{"group_id", std::stoi(sql.value("SELECT min(group_id) FROM api_keys"))},
         {"api_key", "sk-rotated-7"}});
    EXPECT_EQ(twice.status, 409) << "duplicates are still known: " << twice.body;
}

TEST_F(KeyRotation, ReportsRowsOfAKeyThatIsMissingAndKeepsThem) {
    create_keys(*start("old:" + kRingKey), 3);
    SqlReader(dsn_).query(
        "UPDATE api_keys SET key_id = 'gone', sealed = 'v1:gone:AAAA' WHERE id = "
        "(SELECT min(id) FROM api_keys)");
    const auto instance = start("new:" + kNextKey + ",old:" + kRingKey);
    EXPECT_THAT(instance->log(), HasSubstr("1 with the key 'gone'"));
    EXPECT_TRUE(eventually(60s, [&] { return encryption(*instance).at("remaining") == 1; }));
    EXPECT_EQ(encryption(*instance).at("unreadable"), 1);
    EXPECT_EQ(SqlReader(dsn_).value("SELECT count(*) FROM api_keys"), "3");
    const std::string path =
        "/admin/api-keys/" + SqlReader(dsn_).value("SELECT min(id) FROM api_keys");
    EXPECT_EQ(instance->admin().patch(path, {{"api_key", "sk-sent-anew-123"}}).status, 200);
    EXPECT_EQ(encryption(*instance).at("unreadable"), 0);
}

TEST_F(KeyRotation, DoesNotStartWithAKeyringThatOpensNothing) {
    create_keys(*start("old:" + kRingKey), 1);
    EXPECT_THAT(refusal("other:" + kNextKey), HasSubstr("EZ_SECRET_KEYS_LOST"));
    EXPECT_THAT(refusal("not-a-key"), HasSubstr("key 1 of the list"));
    EXPECT_THAT(refusal(""), HasSubstr("there is no such file"));
    EXPECT_EQ(encryption(*start("other:" + kNextKey, "true")).at("unreadable"), 1);
}

/// The same rule for a change and for a full push, so that neither is blocked by a lost key.
TEST_F(KeyRotation, AKeyThatIsLostReachesRedisSuspendedByAChangeAndByAFullPush) {
    create_keys(*start("old:" + kRingKey), 1);
    const std::string id = SqlReader(dsn_).value("SELECT id FROM api_keys");
    PrivateRedis redis;
    Instance instance({.plugins = {"provider-groups", "sync"},
                       .dsn = dsn_,
                       .redis = redis.host() + ":" + std::to_string(redis.port()),
                       .environment = {{"EZ_SECRET_KEYS", "other:" + kNextKey},
                                       {"EZ_SECRET_KEYS_LOST", "true"}}});
    HttpClient admin = instance.admin();
    ASSERT_TRUE(tests::eventually(std::chrono::seconds(30), [&] {
        return !admin.get("/admin/sync").json()["last_full_push_at"].is_null();
    }));
    const auto shown = [&] {
        return json::parse(
            RedisReader(redis.port()).field("config:providers", id).value_or("null"));
    };
    const json by_full_push = shown();
    EXPECT_EQ(by_full_push.at("status"), "suspended");
    const HttpAnswer changed = admin.patch("/admin/api-keys/" + id, {{"weight", 7}});
    ASSERT_EQ(changed.status, 200) << changed.body;
    ASSERT_TRUE(tests::eventually(std::chrono::seconds(10), [&] {
        return admin.get("/admin/sync/changes/" + changed.header("x-change-revision"))
                   .json()
                   .value("state", "") == "applied";
    }));
    json by_change = shown();
    EXPECT_EQ(by_change.at("weight"), 7);
    by_change.erase("weight");
    json before = by_full_push;
    before.erase("weight");
    EXPECT_EQ(by_change, before);
    EXPECT_EQ(by_change.value("api_key", ""), "");
    ASSERT_TRUE(tests::eventually(std::chrono::seconds(10), [&] {
        const json overview = admin.get("/admin/sync").json();
        return overview["revision"] == overview["recorded_revision"] &&
               overview["outbox"]["pending"] == 0;
    })) << "the revision stands still";
}

TEST_F(KeyRotation, MakesAKeyOfItsOwnWhereNoneIsSet) {
    Instance instance({.plugins = {"provider-groups"}, .dsn = dsn_});
    const std::string file = instance.folder() + "/state/secret-keys";
    EXPECT_THAT(instance.log(), HasSubstr(file));
    EXPECT_TRUE(std::ifstream(file).good());
    create_keys(instance, 1);
    const json before = encryption(instance);
    instance.stop();
    instance.start();
    EXPECT_EQ(encryption(instance), before);
    EXPECT_EQ(before.at("unreadable"), 0);
}

}  // namespace
}  // namespace ezapi::tests
