// Idempotency-Key against a real database.
#include "host/http/policy/idempotency.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "ezapi/error.hpp"
#include "host/db/pools.hpp"
#include "tests/support/private_postgres.hpp"

namespace ezapi::host::http {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class IdempotencyTest : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        db::PoolsOptions options;
        options.main.dsn = postgres().fresh_database();
        options.main.lock_timeout = std::chrono::milliseconds(300);
        pools_ = std::make_unique<db::Pools>(options);
        std::ifstream file(std::filesystem::path(EZAPI_MIGRATIONS) / "core/0002_idempotency.sql");
        const std::string text(std::istreambuf_iterator<char>(file), {});
        const auto index = text.find("CREATE INDEX");
        pools_->query("main", text.substr(0, text.rfind(';', index)));
        pools_->query("main", text.substr(index));
    }

    static Repetition repetition(const std::string& body = "{\"name\":\"a\"}") {
        static std::string kept;
        kept = body;
        return {"master:7", "sk-credential", "POST", "/v1/tokens", "key-1", kept};
    }

    std::optional<Reply> claim(const Repetition& repetition) {
        const auto transaction = pools_->begin("main");
        return claim_or_replay(*transaction, repetition);
    }

    void work(const Repetition& repetition, const Reply& reply) {
        const auto transaction = pools_->begin("main");
        ASSERT_FALSE(claim_or_replay(*transaction, repetition));
        remember_answer(*transaction, repetition, reply);
        transaction->commit();
    }

    template <class Body>
    static std::string code_of(Body&& body) {
        try {
            body();
        } catch (const Error& error) {
            return error.code() + " " + std::to_string(error.http_status());
        }
        return "nothing was thrown";
    }

    std::unique_ptr<db::Pools> pools_;
};

const Reply kMade{
    201, {{"Location", "/v1/tokens/1"}, {"ETag", "\"1\""}}, "{\"token\":\"sk-shown-once\"}"};

TEST_F(IdempotencyTest, RepeatsTheFirstAnswer) {
    work(repetition(), kMade);
    const auto again = claim(repetition());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->status, 201);
    EXPECT_EQ(again->headers, kMade.headers);
    EXPECT_EQ(again->body, kMade.body);
}

TEST_F(IdempotencyTest, RepeatsTheRevisionThatTheCommitDrew) {
    const auto transaction = pools_->begin("main");
    ASSERT_FALSE(claim_or_replay(*transaction, repetition()));
    remember_answer(*transaction, repetition(), kMade);
    transaction->set_revision(42);
    transaction->commit();
    const auto again = claim(repetition());
    ASSERT_TRUE(again);
    EXPECT_THAT(again->headers,
                Contains(std::pair<std::string, std::string>("X-Change-Revision", "42")));
}

TEST_F(IdempotencyTest, KeepsNothingReadableAtRest) {
    work(repetition(), kMade);
    const auto rows = pools_->query("main",
                                    "SELECT i::text || encode(answer, 'escape') || "
                                    "encode(key_hash, 'escape') FROM ez_idempotency i");
    EXPECT_THAT(std::string(rows.text(0, 0)), Not(HasSubstr("shown-once")));
    EXPECT_THAT(std::string(rows.text(0, 0)), Not(HasSubstr("key-1")));
    EXPECT_THAT(std::string(rows.text(0, 0)), Not(HasSubstr("credential")));
}

TEST_F(IdempotencyTest, RefusesAnotherBody) {
    work(repetition(), kMade);
    EXPECT_EQ(code_of([&] { (void)claim(repetition("{}")); }), "idempotency_key_reused 422");
}

TEST_F(IdempotencyTest, GivesTheAnswerToTheSameCredentialOnly) {
    work(repetition(), kMade);
    auto other = repetition();
    other.credential = "sk-another";
    EXPECT_EQ(code_of([&] { (void)claim(other); }), "idempotency_key_of_another_credential 409");
}

TEST_F(IdempotencyTest, SeparatesCallersAndPaths) {
    work(repetition(), kMade);
    auto caller = repetition();
    caller.caller = "master:8";
    EXPECT_FALSE(claim(caller));
    auto path = repetition();
    path.path = "/v1/other";
    EXPECT_FALSE(claim(path));
}

TEST_F(IdempotencyTest, ForgetsAClaimThatWasRolledBack) {
    EXPECT_FALSE(claim(repetition()));
    EXPECT_FALSE(claim(repetition()));
}

TEST_F(IdempotencyTest, TakesOverAClaimWithoutAnAnswer) {
    {
        const auto transaction = pools_->begin("main");
        ASSERT_FALSE(claim_or_replay(*transaction, repetition()));
        transaction->commit();
    }
    EXPECT_FALSE(claim(repetition("{\"other\":1}")));
}

TEST_F(IdempotencyTest, ForgetsAfterADay) {
    work(repetition(), kMade);
    pools_->query("main", "UPDATE ez_idempotency SET created_at = now() - interval '25 hours'");
    EXPECT_FALSE(claim(repetition("{\"other\":1}")));
    EXPECT_EQ(purge_idempotency(*pools_), 1);
    EXPECT_EQ(purge_idempotency(*pools_), 0);
}

TEST_F(IdempotencyTest, RefusesAKeyThatIsInUseForTooLong) {
    const auto first = pools_->begin("main");
    ASSERT_FALSE(claim_or_replay(*first, repetition()));
    EXPECT_EQ(code_of([&] { (void)claim(repetition()); }), "idempotency_key_in_use 409");
}

TEST_F(IdempotencyTest, DoesTheWorkOnceForRacingRequests) {
    pools_->query("main", "CREATE TABLE work (id bigserial)");
    std::atomic<int> replayed = 0;
    std::atomic<int> refused = 0;
    const auto asked = repetition();
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&] {
            try {
                const auto transaction = pools_->begin("main");
                if (claim_or_replay(*transaction, asked)) {
                    ++replayed;
                    return;
                }
                transaction->query("INSERT INTO work DEFAULT VALUES");
                remember_answer(*transaction, asked, kMade);
                transaction->commit();
            } catch (const Error& error) {
                EXPECT_EQ(error.http_status(), 409) << error.what();
                ++refused;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(pools_->query("main", "SELECT count(*) FROM work").integer(0, 0), 1);
    EXPECT_EQ(replayed + refused, 5);
}

TEST_F(IdempotencyTest, RefusesKeysThatAreNoPrintableAscii) {
    for (const std::string& key :
         {std::string(), std::string(256, 'a'), std::string("a\tb"), std::string("é")}) {
        auto bad = repetition();
        bad.key = key;
        EXPECT_EQ(code_of([&] { (void)claim(bad); }), "idempotency_key 400") << key;
    }
}

}  // namespace
}  // namespace ezapi::host::http
