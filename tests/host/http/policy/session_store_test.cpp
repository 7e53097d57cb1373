// Sessions in a real database, as two processes share it.
#include "host/http/policy/session_store.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/db/pools.hpp"
#include "tests/support/private_postgres.hpp"

namespace ezapi::host::http {
namespace {

using nlohmann::json;

class SessionStoreTest : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        db::PoolsOptions options;
        options.main.dsn = postgres().fresh_database();
        pools_ = std::make_unique<db::Pools>(options);
        std::ifstream file(std::filesystem::path(EZAPI_MIGRATIONS) / "core/0004_sessions.sql");
        const std::string text(std::istreambuf_iterator<char>(file), {});
        const auto index = text.find("CREATE INDEX");
        pools_->query("main", text.substr(0, text.rfind(';', index)));
        pools_->query("main", text.substr(index));
    }

    static OpenedSession session(const std::string& id, int64_t ttl = 3600) {
        return {"token", id, "write", std::time(nullptr) + ttl};
    }

    std::unique_ptr<db::Pools> pools_;
};

TEST_F(SessionStoreTest, ListsTheOpenOnesInPages) {
    SessionStore store(*pools_);
    for (const char* id : {"a", "b", "c"}) store.opened(session(id), "203.0.113.9");
    store.opened(session("ended", -1), "203.0.113.9");
    const json first = json::parse(store.page(2, std::nullopt));
    ASSERT_EQ(first["data"].size(), 2U);
    EXPECT_EQ(first["data"][0]["id"], "c");
    EXPECT_EQ(first["data"][0]["scope"], "write");
    EXPECT_EQ(first["data"][0]["client_ip"], "203.0.113.9");
    EXPECT_FALSE(first["data"][0].contains("token"));
    const json rest =
        json::parse(store.page(2, std::stoll(first["next_cursor"].get<std::string>())));
    ASSERT_EQ(rest["data"].size(), 1U);
    EXPECT_EQ(rest["data"][0]["id"], "a");
    EXPECT_TRUE(rest["next_cursor"].is_null());
}

TEST_F(SessionStoreTest, ARevocationHoldsInEveryProcessThatSharesTheDatabase) {
    SessionStore here(*pools_);
    SessionStore elsewhere(*pools_);
    AccessOptions options;
    options.jwt_secret = "Zb4nH8sYc6LfpR7vK2xW9mTq";
    options.revocations = here.revocations();
    Access access_here(options);
    options.revocations = elsewhere.revocations();
    Access access_elsewhere(options);
    here.refresh();
    elsewhere.refresh();

    const OpenedSession opened = access_here.open_session("write", 3600);
    here.opened(opened, "203.0.113.9");
    const auto admitted = [&](Access& access) {
        const auto verdict = access.admit(EZ_ADMIN, "GET", "Bearer " + opened.token, "10.0.0.1");
        const auto* problem = std::get_if<Problem>(&verdict);
        return problem == nullptr ? std::string("yes") : problem->code;
    };
    EXPECT_EQ(admitted(access_here), "yes");
    EXPECT_EQ(admitted(access_elsewhere), "yes");

    EXPECT_TRUE(here.revoke(opened.id));
    EXPECT_EQ(admitted(access_here), "session_revoked");
    elsewhere.refresh();
    EXPECT_EQ(admitted(access_elsewhere), "session_revoked");
    EXPECT_TRUE(json::parse(elsewhere.page(10, std::nullopt))["data"].empty());
    EXPECT_FALSE(elsewhere.revoke(opened.id)) << "it has ended already";
    EXPECT_FALSE(elsewhere.revoke("unknown"));
}

TEST_F(SessionStoreTest, PurgeKeepsWhatEndedToday) {
    SessionStore store(*pools_);
    store.opened(session("old", -2 * 86'400), {});
    store.opened(session("today", -3600), {});
    store.opened(session("open"), {});
    EXPECT_EQ(store.purge(), 1);
    EXPECT_EQ(store.purge(), 0);
}

}  // namespace
}  // namespace ezapi::host::http
