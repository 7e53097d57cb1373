// A node of the data plane with the server: what it applies, refuses and reports.
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/dataplane/node.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Dataplane : public ::testing::Test {
protected:
    void SetUp() override {
        for (const std::string& why : {PrivatePostgres::missing(), PrivateRedis::missing()}) {
            if (!why.empty()) GTEST_SKIP() << why;
        }
        instance_ = std::make_unique<Instance>(
            InstanceOptions{.plugins = {"features", "sync"},
                            .redis = redis_.host() + ":" + std::to_string(redis_.port())});
        admin_ = std::make_unique<HttpClient>(instance_->admin());
        node_ = std::make_unique<DataplaneNode>(
            NodeOptions{.redis_port = redis_.port(),
                        .id = "eu-1",
                        .fields = {"meta:features"},
                        .hashes = "auth:token",
                        .sound = [](const std::string&, const std::string& text) {
                            return json::parse(text).at("value").is_number();
                        }});
        ASSERT_TRUE(eventually(30s, [&] { return !node_->applied().empty(); }));
    }

    /// Returns the revision.
    std::string put(const json& value) {
        return admin_->put("/admin/features/beta", {{"value", value}}).header("x-change-revision");
    }

    [[nodiscard]] bool holds(int value) const {
        const Content flags = node_->fields("meta:features");
        const auto found = flags.find("beta");
        return found != flags.end() && json::parse(found->second).at("value") == value;
    }

    [[nodiscard]] json at_node(const std::string& revision) {
        const json change = admin_->get("/admin/sync/changes/" + revision).json();
        return change["nodes"].empty() ? json() : change["nodes"][0];
    }

    PrivateRedis redis_;
    std::unique_ptr<Instance> instance_;
    std::unique_ptr<HttpClient> admin_;
    std::unique_ptr<DataplaneNode> node_;
};

TEST_F(Dataplane, ANodeTakesAChangeOverAndSaysSo) {
    const std::string revision = put(1);
    EXPECT_TRUE(eventually(5s, [&] { return holds(1); })) << "it is told by an event";
    EXPECT_TRUE(eventually(15s, [&] {
        const json node = at_node(revision);
        return node == json({{"node", "eu-1"}, {"state", "applied"}, {"reason", nullptr}});
    }));
    const json nodes = admin_->get("/admin/sync/nodes").json()["data"];
    ASSERT_EQ(nodes.size(), 1U);
    EXPECT_EQ(nodes[0]["build"], "test");
}

TEST_F(Dataplane, ANodeThatRefusesAnEntityIsSeenAndKeepsWhatItHad) {
    put(1);
    ASSERT_TRUE(eventually(5s, [&] { return holds(1); }));

    const std::string revision = put("no number");

    EXPECT_TRUE(eventually(15s, [&] { return at_node(revision)["state"] == "rejected"; }));
    EXPECT_EQ(at_node(revision)["reason"], "it breaks the contract");
    EXPECT_TRUE(holds(1));

    put(2);
    EXPECT_TRUE(eventually(5s, [&] { return holds(2); }));
    EXPECT_TRUE(eventually(
        15s, [&] { return admin_->get("/admin/sync/nodes").json()["data"][0]["rejected"] == 0; }));
}

TEST_F(Dataplane, ANodeKeepsWhatItHasWhileRedisIsBeingFilled) {
    put(1);
    ASSERT_TRUE(eventually(5s, [&] { return holds(1); }));
    instance_->signal(SIGSTOP);
    RedisReader(redis_.port()).command({"FLUSHALL"});
    const int before = node_->refusals();
    ASSERT_TRUE(eventually(10s, [&] { return node_->refusals() > before; }));
    EXPECT_TRUE(holds(1));

    instance_->signal(SIGCONT);
    put(2);
    EXPECT_TRUE(eventually(15s, [&] { return holds(2); }));
}

}  // namespace
}  // namespace ezapi::tests
