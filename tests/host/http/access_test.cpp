#include "host/http/access.hpp"

#include <gtest/gtest.h>

#include "ezapi/error.hpp"
#include "ezapi/str.hpp"
#include "host/http/crypto.hpp"
#include "host/http/syntax.hpp"

namespace ezapi::host::http {
namespace {

constexpr int64_t kNow = 1'700'000'000;
const std::string kAdmin = "admin-token-of-the-test";

class AccessTest : public ::testing::Test {
protected:
    AccessTest() {
        options_.admin_token = kAdmin;
        options_.internal_token = "internal";
        options_.jwt_secret = "a secret of enough length for a test";
        options_.unix_now = [this] { return now_; };
        options_.wrong_per_minute = 3;
    }

    static int status_of(const std::variant<Caller, Problem>& verdict) {
        const auto* problem = std::get_if<Problem>(&verdict);
        return problem == nullptr ? 200 : problem->status;
    }

    int ask(Access& access,
            int32_t kind,
            const std::string& credential,
            const std::string& method = "GET",
            const std::string& ip = "10.0.0.1") const {
        return status_of(access.admit(kind, method, "Bearer " + credential, ip));
    }

    int64_t now_ = kNow;
    AccessOptions options_;
};

TEST_F(AccessTest, PublicAsksNobody) {
    Access access(options_);
    EXPECT_EQ(status_of(access.admit(EZ_PUBLIC, "GET", std::nullopt, "ip")), 200);
}

TEST_F(AccessTest, AdminNeedsTheToken) {
    Access access(options_);
    EXPECT_EQ(ask(access, EZ_ADMIN, kAdmin), 200);
    EXPECT_EQ(ask(access, EZ_ADMIN, kAdmin + "x"), 401);
    EXPECT_EQ(status_of(access.admit(EZ_ADMIN, "GET", std::nullopt, "ip")), 401);
    EXPECT_EQ(status_of(access.admit(EZ_ADMIN, "GET", "Basic " + kAdmin, "ip")), 401);
    EXPECT_EQ(status_of(access.admit(EZ_ADMIN, "GET", "bearer " + kAdmin, "ip")), 200);
    EXPECT_EQ(status_of(access.admit(EZ_ADMIN, "GET", "Bearer " + kAdmin + ", Bearer x", "ip")),
              401);
}

TEST_F(AccessTest, AnUnsetAdminTokenLetsNobodyIn) {
    options_.admin_token.clear();
    Access access(options_);
    EXPECT_EQ(status_of(access.admit(EZ_ADMIN, "GET", "Bearer ", "ip")), 401);
    EXPECT_EQ(ask(access, EZ_ADMIN, "x"), 401);
}

TEST_F(AccessTest, AnUnsetInternalTokenClosesItsRoutes) {
    options_.internal_token.clear();
    Access access(options_);
    EXPECT_EQ(ask(access, EZ_INTERNAL_ONLY, ""), 403);
    EXPECT_EQ(ask(access, EZ_INTERNAL_ONLY, kAdmin), 403);
}

TEST_F(AccessTest, InternalIsNotAdmin) {
    Access access(options_);
    EXPECT_EQ(ask(access, EZ_INTERNAL_ONLY, "internal"), 200);
    EXPECT_EQ(ask(access, EZ_INTERNAL_ONLY, kAdmin), 401);
    EXPECT_EQ(ask(access, EZ_ADMIN, "internal"), 401);
}

TEST_F(AccessTest, SlowsDownGuessesAndNeverTheRightToken) {
    Access access(options_);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(access, EZ_ADMIN, "guess"), 401);
    EXPECT_EQ(ask(access, EZ_ADMIN, "guess"), 429);
    EXPECT_EQ(ask(access, EZ_ADMIN, kAdmin), 200);
    EXPECT_EQ(ask(access, EZ_ADMIN, "guess", "GET", "10.0.0.2"), 401);
}

TEST_F(AccessTest, SessionsStandForTheAdmin) {
    Access access(options_);
    const auto [token, id, expires] = access.open_session("write", 60);
    EXPECT_EQ(expires, kNow + 60);
    const auto verdict = access.admit(EZ_ADMIN, "POST", "Bearer " + token, "ip");
    ASSERT_EQ(status_of(verdict), 200);
    EXPECT_TRUE(std::get<Caller>(verdict).by_session);
    EXPECT_EQ(std::get<Caller>(verdict).identity.kind, EZ_ADMIN);
    EXPECT_EQ(ask(access, EZ_INTERNAL_ONLY, token), 401);
    now_ += 60;
    EXPECT_EQ(ask(access, EZ_ADMIN, token), 401);
}

TEST_F(AccessTest, AnExpiredSessionIsNoGuess) {
    Access access(options_);
    const auto token = access.open_session("write", 60).token;
    now_ += 60;
    for (int i = 0; i < 10; ++i) {
        const auto verdict = access.admit(EZ_ADMIN, "GET", "Bearer " + token, "ip");
        ASSERT_EQ(status_of(verdict), 401);
        EXPECT_EQ(std::get<Problem>(verdict).detail, "the session has expired");
    }
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(access, EZ_ADMIN, "guess", "GET", "ip"), 401);
    EXPECT_EQ(ask(access, EZ_ADMIN, "guess", "GET", "ip"), 429);
}

TEST_F(AccessTest, ReadSessionsOnlyRead) {
    Access access(options_);
    const auto token = access.open_session("read", 60).token;
    EXPECT_EQ(ask(access, EZ_ADMIN, token, "GET"), 200);
    EXPECT_EQ(ask(access, EZ_ADMIN, token, "HEAD"), 200);
    EXPECT_EQ(ask(access, EZ_ADMIN, token, "DELETE"), 403);
}

TEST_F(AccessTest, RefusesForgedSessions) {
    Access access(options_);
    const auto token = access.open_session("read", 60).token;
    EXPECT_EQ(ask(access, EZ_ADMIN, token.substr(0, token.size() - 1)), 401);
    EXPECT_EQ(ask(access, EZ_ADMIN, "e30.e30."), 401);
    // {"alg":"none"} with claims of our own.
    EXPECT_FALSE(
        Sessions("s").verify("eyJhbGciOiJub25lIn0.eyJzY29wZSI6IndyaXRlIiwiaXNzIjoiZXphcGkifQ."));
    EXPECT_FALSE(Sessions("another secret").verify(token));
    EXPECT_FALSE(Sessions("").verify(Sessions("").issue("write", 60, kNow)));
}

TEST_F(AccessTest, MastersAreAskedOfTheirService) {
    Access without(options_);
    EXPECT_EQ(ask(without, EZ_MASTER, "key"), 503);

    ez_status answer = EZ_OK;
    options_.authenticator = [&](ez_str credential, ez_identity* out, ez_error* error) {
        EXPECT_EQ(view(credential), "key");
        out->id = 7;
        return answer == EZ_OK ? EZ_OK : to_abi(Error(answer, "because"), error);
    };
    Access access(options_);
    const auto verdict = access.admit(EZ_MASTER, "GET", "Bearer key", "ip");
    ASSERT_EQ(status_of(verdict), 200);
    EXPECT_EQ(std::get<Caller>(verdict).identity.id, 7);
    EXPECT_EQ(std::get<Caller>(verdict).identity.kind, EZ_MASTER);

    const std::pair<ez_status, int> failures[] = {{EZ_UNAUTHENTICATED, 401},
                                                  {EZ_DENIED, 403},
                                                  {EZ_NOT_FOUND, 503},
                                                  {EZ_UNAVAILABLE, 503},
                                                  {EZ_INTERNAL, 503},
                                                  {EZ_TIMEOUT, 503}};
    for (const auto& [status, expected] : failures) {
        answer = status;
        EXPECT_EQ(ask(access, EZ_MASTER, "key"), expected) << status;
    }
}

TEST(Guesses, ForgetAfterAMinute) {
    Guesses guesses(1);
    const auto now = Guesses::Clock::time_point(std::chrono::hours(1));
    EXPECT_EQ(guesses.wrong("a", now), 0);
    EXPECT_EQ(guesses.wrong("a", now + std::chrono::seconds(20)), 40);
    EXPECT_EQ(guesses.wrong("a", now + std::chrono::seconds(60)), 0);
}

TEST(Guesses, CountAnIpv6NetworkAsOneSource) {
    Guesses guesses(1);
    const auto now = Guesses::Clock::time_point(std::chrono::hours(1));
    EXPECT_EQ(guesses.wrong("2001:db8:1:2:3:4:5:6", now), 0);
    EXPECT_GT(guesses.wrong("2001:db8:1:2:ffff::1", now), 0);
    EXPECT_EQ(guesses.wrong("2001:db8:1:3::1", now), 0);
}

TEST(Guesses, StayBounded) {
    Guesses guesses(2);
    const auto now = Guesses::Clock::time_point(std::chrono::hours(1));
    for (int i = 0; i < 3; ++i) (void)guesses.wrong("persistent", now);
    for (int i = 0; i < 30'000; ++i) (void)guesses.wrong("10." + std::to_string(i), now);
    SUCCEED();
}

TEST(Crypto, MatchesPublishedVectors) {
    EXPECT_EQ(hex_of(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, test case 2.
    EXPECT_EQ(hex_of(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    // RFC 5869, test case 1, the first 32 bytes.
    EXPECT_EQ(
        hex_of(hkdf_sha256(std::string(22, '\x0b'),
                           std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c", 13),
                           "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9")),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST(Crypto, UnsealsOnlyWithKeyAndContextUnchanged) {
    const std::string key(32, 'k');
    const std::string sealed = seal(key, "secret", "row 1");
    EXPECT_EQ(unseal(key, sealed, "row 1"), "secret");
    EXPECT_EQ(unseal(std::string(32, 'x'), sealed, "row 1"), std::nullopt);
    EXPECT_EQ(unseal(key, sealed, "row 2"), std::nullopt);
    for (size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_EQ(unseal(key, changed, "row 1"), std::nullopt) << i;
    }
    EXPECT_EQ(unseal(key, "short", "row 1"), std::nullopt);
    EXPECT_EQ(unseal(key, seal(key, "", ""), ""), "");
}

}  // namespace
}  // namespace ezapi::host::http
