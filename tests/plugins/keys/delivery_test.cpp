#include <gmock/gmock.h>

#include <mutex>
#include <thread>

#include "tokens_fixture.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// What is delivered to Redis.
class Delivery : public TokensFixture {
protected:
    [[nodiscard]] InstanceOptions options() const override {
        InstanceOptions out = TokensFixture::options();
        out.plugins.emplace_back("sync");
        return out;
    }

    static std::map<std::string, std::string> token_in_redis(const json& key) {
        return redis().hash("auth:token:" + hash(key));
    }

    static std::map<std::string, std::string> master_in_redis(const json& of) {
        return redis().hash("auth:master:" + of.at("id").dump());
    }

    template <class Condition>
    static bool soon(Condition&& condition) {
        return eventually(20s, std::forward<Condition>(condition));
    }
};

TEST_F(Delivery, TokenAndMasterArriveAsTheyAreRendered) {
    const json of = master({{"global_qps", 4}});
    const json key = issue(of, {{"models", {"m"}}, {"quota_limit", 9}});
    ASSERT_TRUE(soon([&] { return !token_in_redis(key).empty() && !master_in_redis(of).empty(); }));
    auto token = token_in_redis(key);
    EXPECT_EQ(token.erase("rev"), 1U);
    EXPECT_EQ(json(token), rendered(hash(key)));
    EXPECT_EQ(master_in_redis(of).at("global_qps"), "4");
}

TEST_F(Delivery, SuspendingAMasterReachesAllOfItsTokens) {
    const json of = master();
    std::vector<json> keys;
    for (int i = 0; i < 5; ++i) keys.push_back(issue(of));
    const auto all = [&](const std::string& status) {
        for (const json& key : keys) {
            const auto token = token_in_redis(key);
            if (token.empty() || token.at("status") != status) return false;
        }
        return true;
    };
    ASSERT_TRUE(soon([&] { return all("active"); }));
    manage(of, "suspend");
    EXPECT_TRUE(soon([&] { return all("suspended"); }));
    EXPECT_EQ(master_in_redis(of).at("status"), "suspended");
    manage(of, "activate");
    EXPECT_TRUE(soon([&] { return all("active"); }));
    manage(of, "revoke-tokens");
    EXPECT_TRUE(soon([&] { return all("suspended"); }));
}

TEST_F(Delivery, TokensIssuedDuringARevocationEndAsTheyAreRendered) {
    const json of = master();
    std::mutex mutex;
    std::vector<json> keys;
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back([&] {
            HttpClient client = instance().client(of.at("master_key"));
            for (int j = 0; j < 25; ++j) {
                const HttpAnswer answer = client.post("/v1/tokens", {{"name", "racing"}});
                EXPECT_EQ(answer.status, 201) << answer.body;
                const std::lock_guard lock(mutex);
                keys.push_back(answer.json());
            }
        });
    }
    for (int i = 0; i < 10; ++i) EXPECT_EQ(manage(of, "revoke-tokens").status, 200);
    for (std::thread& client : clients) client.join();
    for (const json& key : keys) {
        const json expected = rendered(hash(key));
        EXPECT_EQ(expected.at("status"), key.at("epoch") == 11 ? "active" : "suspended");
        EXPECT_TRUE(soon([&] {
            auto token = token_in_redis(key);
            token.erase("rev");
            return json(token) == expected;
        })) << json(token_in_redis(key))
            << " instead of " << expected;
    }
}

TEST_F(Delivery, DeletedMasterLeavesNothingBehind) {
    const json of = master();
    const json key = issue(of);
    const json rotated = issue(of);
    admin().post(path(of, rotated) + "/rotate", {{"grace_seconds", 600}});
    ASSERT_TRUE(soon([&] {
        return !token_in_redis(key).empty() && token_in_redis(rotated).contains("expires_at");
    }));
    admin().remove(path(of));
    EXPECT_TRUE(soon([&] {
        return token_in_redis(key).empty() && token_in_redis(rotated).empty() &&
               master_in_redis(of).empty();
    }));
}

TEST_F(Delivery, RotationWithoutGraceRemovesTheOldToken) {
    const json of = master();
    const json key = issue(of);
    ASSERT_TRUE(soon([&] { return !token_in_redis(key).empty(); }));
    const json rotated = admin().post(path(of, key) + "/rotate", json::object()).json();
    EXPECT_TRUE(
        soon([&] { return token_in_redis(key).empty() && !token_in_redis(rotated).empty(); }));
}

}  // namespace
}  // namespace ezapi::tests
