// Every command that the server sends to Redis is answered with every wrong reply. The process goes
// on, no route says that the fault is its own, and everything works once Redis answers rightly.
#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <string>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/redis_impostor.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const std::map<std::string, std::string> kWrongReplies{
    {"no permission", "-NOPERM this user has no permissions to run it\r\n"},
    {"a script runs", "-BUSY Redis is busy running a script\r\n"},
    {"another type", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"},
    {"a cluster", "-MOVED 3999 127.0.0.1:6381\r\n"},
    {"an empty error", "-\r\n"},
    {"nil", "$-1\r\n"},
    {"nil for an array", "*-1\r\n"},
    {"an empty array", "*0\r\n"},
    {"an array of one", "*1\r\n$1\r\nx\r\n"},
    {"an array of three", "*3\r\n:1\r\n$-1\r\n*1\r\n$1\r\nx\r\n"},
    {"an array of nils", "*2\r\n$-1\r\n$-1\r\n"},
    {"an array of errors", "*2\r\n-ERR one\r\n-ERR two\r\n"},
    {"an integer", ":9223372036854775807\r\n"},
    {"a negative integer", ":-9\r\n"},
    {"an empty string", "$0\r\n\r\n"},
    {"bytes", "$4\r\n\x01\xff\xfe\n\r\n"}};

class RedisReplies : public ::testing::Test {
protected:
    void SetUp() override {
        for (const std::string& why : {PrivatePostgres::missing(), PrivateRedis::missing()}) {
            if (!why.empty()) GTEST_SKIP() << why;
        }
        redis_ = std::make_unique<PrivateRedis>();
        impostor_ = std::make_unique<RedisImpostor>(redis_->port());
        instance_ = std::make_unique<Instance>(InstanceOptions{
            .plugins = {"features", "namespaces", "masters", "keys", "sync", "logs"},
            .redis = "127.0.0.1:" + std::to_string(impostor_->port()),
            .environment = {{"EZ_SYNC_OUTBOX_INTERVAL_SECONDS", "1"}}});
        admin_ = std::make_unique<HttpClient>(instance_->admin());
        ASSERT_TRUE(eventually(30s, [&] {
            return !admin_->get("/admin/sync").json()["last_full_push_at"].is_null();
        }));
        RedisReader(redis_->port())
            .command({"HSET", "dp:node:eu-1", "applied_revision", "1", "updated_at", "1"});
        const json master = admin_->post("/admin/masters", {{"name", "acme"}}).json();
        master_ = master.at("id").dump();
        tenant_ = std::make_unique<HttpClient>(instance_->client(master.at("master_key")));
    }

    /// Every route that asks Redis, and a change that goes there.
    std::map<std::string, HttpAnswer> ask_everything() {
        std::map<std::string, HttpAnswer> out;
        const HttpAnswer written = admin_->put("/admin/features/beta", {{"value", ++value_}});
        out["write"] = written;
        out["overview"] = admin_->get("/admin/sync");
        out["nodes"] = admin_->get("/admin/sync/nodes");
        out["change"] = admin_->get("/admin/sync/changes/1");
        out["drift"] = admin_->post("/admin/sync/drift", {{"repair", false}});
        out["repair"] = admin_->post("/admin/sync/drift", {{"repair", true}});
        out["full"] = admin_->send("POST", "/admin/sync/full");
        out["realtime"] = admin_->get("/admin/masters/" + master_ + "/realtime");
        out["own realtime"] = tenant_->get("/v1/realtime");
        out["live"] = admin_->get("/health/live");
        return out;
    }

    bool works() {
        const HttpAnswer written = admin_->put("/admin/features/beta", {{"value", ++value_}});
        const auto field = RedisReader(redis_->port()).field("meta:features", "beta");
        return written.status < 300 && field && json::parse(*field).at("value") == value_ &&
               admin_->get("/admin/sync/nodes").status == 200 &&
               tenant_->get("/v1/realtime").status == 200;
    }

    std::unique_ptr<PrivateRedis> redis_;
    std::unique_ptr<RedisImpostor> impostor_;
    std::unique_ptr<Instance> instance_;
    std::unique_ptr<HttpClient> admin_;
    std::unique_ptr<HttpClient> tenant_;
    std::string master_;
    int value_ = 0;
};

TEST_F(RedisReplies, OfEveryWrongShapeToEveryCommandAreSurvived) {
    for (const auto& [what, answer] : ask_everything())
        ASSERT_LT(answer.status, 500) << what << ": " << answer.body;
    const std::set<std::string> commands = impostor_->seen();
    ASSERT_GE(commands.size(), 15U) << ::testing::PrintToString(commands);
    int tried = 0;
    for (const std::string& command : commands) {
        for (const auto& [kind, reply] : kWrongReplies) {
            impostor_->answer(command, reply);
            for (const auto& [what, answer] : ask_everything()) {
                EXPECT_NE(answer.status, 500)
                    << command << " answered with " << kind << ", " << what << ": " << answer.body;
                ++tried;
            }
            ASSERT_EQ(admin_->get("/health/live").status, 200) << command << ", " << kind;
        }
        impostor_->relent();
        ASSERT_TRUE(eventually(30s, [&] { return works(); }))
            << "not served again after wrong replies to " << command;
    }
    EXPECT_GT(impostor_->answered(), 0);
    std::cout << commands.size() << " commands, " << kWrongReplies.size() << " replies, " << tried
              << " requests, " << impostor_->answered() << " wrong replies\n";
}

TEST_F(RedisReplies, WithoutTheRightForOneCommandRoutesSayUnavailable) {
    impostor_->answer("TIME", "-NOPERM no permissions\r\n");
    EXPECT_EQ(admin_->get("/admin/sync/nodes").status, 503);
    impostor_->answer("HGETALL", "-BUSY Redis is busy running a script\r\n");
    EXPECT_EQ(admin_->get("/admin/sync/nodes").status, 503);
    impostor_->answer("HMGET", "-NOPERM User ez_data has no permissions\r\n");
    const HttpAnswer own = tenant_->get("/v1/realtime");
    EXPECT_EQ(own.status, 503);
    EXPECT_THAT(own.body, ::testing::Not(::testing::HasSubstr("ez_data")));
    impostor_->relent();
    EXPECT_TRUE(eventually(30s, [&] { return works(); }));
}

}  // namespace
}  // namespace ezapi::tests
