#include "host/http/policy/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"
#include "ezapi/str.hpp"
#include "host/http/wire/syntax.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"

namespace ezapi::host::http {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kNow = 1'700'000'000;
const std::string kAdmin = "admin-token-of-the-test";

class AccessTest : public ::testing::Test {
protected:
    AccessTest() {
        options_.admin_token = kAdmin;
        options_.internal_token = "internal";
        options_.jwt_secret = "a secret of enough length for a test";
        options_.unix_now = [this] { return now_; };
        options_.steady_now = [this] { return steady_; };
        options_.authenticator = [](ez_str credential, ez_identity*, ez_error* error) {
            return view(credential) == "key" ? EZ_OK
                                             : to_abi(Error(EZ_UNAUTHENTICATED, "unknown"), error);
        };
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
    Guesses::Clock::time_point steady_{std::chrono::hours(1)};
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

/// The three classes of credential, each with the right one.
const std::pair<int32_t, std::string> kClasses[] = {
    {EZ_ADMIN, kAdmin}, {EZ_INTERNAL_ONLY, "internal"}, {EZ_MASTER, "key"}};

TEST_F(AccessTest, AGuessingAddressIsRefusedWithTheRightCredentialToo) {
    for (const auto& [access, right] : kClasses) {
        Access door(options_);
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(ask(door, access, "guess" + std::to_string(i)), 401) << access;
        const auto verdict = door.admit(access, "GET", "Bearer " + right, "10.0.0.1");
        ASSERT_EQ(status_of(verdict), 429) << access;
        EXPECT_EQ(std::get<Problem>(verdict).code, "too_many_guesses");
        EXPECT_EQ(std::get<Problem>(verdict).retry_after, 60);
        EXPECT_EQ(ask(door, access, "guess9"), 429) << access;
        steady_ += std::chrono::seconds(59);
        EXPECT_EQ(ask(door, access, right), 429) << access;
        steady_ += std::chrono::seconds(1);
        EXPECT_EQ(ask(door, access, right), 200) << access;
        EXPECT_EQ(ask(door, access, "guess9"), 401) << access;
    }
}

TEST_F(AccessTest, AGuessingAddressLocksOutNeitherOthersNorOtherClasses) {
    for (const auto& [guessed, unused] : kClasses) {
        Access door(options_);
        for (int i = 0; i < 5; ++i)
            (void)ask(door, guessed, "guess" + std::to_string(i), "GET", "2001:db8:1:2::1");
        for (const auto& [access, right] : kClasses) {
            for (const char* ip : {"10.0.0.1", "2001:db8:1:3::1", "2001:db8:2:2::1", "::1"})
                EXPECT_EQ(ask(door, access, right, "GET", ip), 200) << guessed << access << ip;
            EXPECT_EQ(ask(door, access, right, "GET", "2001:db8:1:2:ffff::7"),
                      access == guessed ? 429 : 200)
                << guessed << access;
        }
    }
}

TEST_F(AccessTest, OneStaleCredentialLocksNothingOut) {
    for (const auto& [access, right] : kClasses) {
        Access door(options_);
        for (int i = 0; i < 100; ++i)
            EXPECT_EQ(ask(door, access, "stale"), i < 3 ? 401 : 429) << access;
        EXPECT_EQ(ask(door, access, right), 200) << access;
        EXPECT_EQ(ask(door, access, "stale2"), 401) << access;
    }
}

TEST_F(AccessTest, ASessionIsAdmittedFromAGuessingAddress) {
    Access access(options_);
    const auto token = access.open_session("write", 60).token;
    for (int i = 0; i < 5; ++i) (void)ask(access, EZ_ADMIN, "guess" + std::to_string(i));
    EXPECT_EQ(ask(access, EZ_ADMIN, kAdmin), 429);
    EXPECT_EQ(ask(access, EZ_ADMIN, token), 200);
    EXPECT_EQ(ask(access, EZ_ADMIN, token + "x"), 401) << "a session that another secret signed";
    EXPECT_EQ(ask(access, EZ_ADMIN, "x" + token), 429);
}

/// As after a change of EZ_JWT_SECRET, or at another server.
TEST_F(AccessTest, ASessionThatAnotherSecretSignedIsNoGuess) {
    Access access(options_);
    options_.jwt_secret = "another secret of enough length for a test";
    Access other(options_);
    for (int i = 0; i < 20; ++i) {
        const auto verdict = access.admit(
            EZ_ADMIN, "GET", "Bearer " + other.open_session("write", 60).token, "10.0.0.1");
        const auto* problem = std::get_if<Problem>(&verdict);
        ASSERT_NE(problem, nullptr);
        EXPECT_EQ(problem->status, 401);
        EXPECT_EQ(problem->code, "session_unknown");
    }
    EXPECT_EQ(ask(access, EZ_ADMIN, kAdmin), 200);
    for (const char* text : {"a.b.c", "..", "e30.e30.", "e30.e30.x"})
        EXPECT_FALSE(Sessions::is_session(text)) << text;
}

TEST_F(AccessTest, NeitherAMissingNorAMalformedCredentialIsAGuess) {
    Access access(options_);
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(status_of(access.admit(EZ_ADMIN, "GET", std::nullopt, "10.0.0.1")), 401);
        EXPECT_EQ(
            status_of(access.admit(EZ_ADMIN, "GET", "Basic " + std::to_string(i), "10.0.0.1")),
            401);
    }
    EXPECT_EQ(ask(access, EZ_ADMIN, kAdmin), 200);
}

TEST_F(AccessTest, WrongMasterCredentialsCostABoundedNumberOfLookups) {
    options_.wrong_per_minute = 1'000'000;
    size_t lookups = 0;
    options_.authenticator = [&](ez_str credential, ez_identity*, ez_error* error) {
        ++lookups;
        const bool good = view(credential) == "key" || view(credential) == "other";
        return good ? EZ_OK : to_abi(Error(EZ_UNAUTHENTICATED, "unknown"), error);
    };
    Access access(options_);
    EXPECT_EQ(ask(access, EZ_MASTER, "key"), 200);
    lookups = 0;
    for (int i = 0; i < 10'000; ++i)
        (void)ask(access,
                  EZ_MASTER,
                  "guess" + std::to_string(i),
                  "GET",
                  "10.0.0." + std::to_string(i % 250));
    // Each address has a first guess, even when the budget is used up.
    EXPECT_EQ(lookups, static_cast<size_t>(std::max(FailedLookups::kBurst, 250)));
    EXPECT_EQ(ask(access, EZ_MASTER, "key"), 200) << "seen to be right before";
    EXPECT_EQ(ask(access, EZ_MASTER, "other"), 429) << "from an address that guesses";
    EXPECT_EQ(ask(access, EZ_MASTER, "other", "GET", "10.1.0.1"), 200) << "others are not shut out";
    steady_ += 51 * FailedLookups::kEach;
    EXPECT_EQ(ask(access, EZ_MASTER, "another"), 401) << "it was looked up";
    lookups = 0;
    for (int i = 0; i < 10'000; ++i)
        (void)ask(access,
                  EZ_MASTER,
                  "swarm" + std::to_string(i),
                  "GET",
                  "10.2." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    EXPECT_LE(lookups, static_cast<size_t>(FailedLookups::kBurstOfOthers));
    EXPECT_GE(lookups, static_cast<size_t>(FailedLookups::kBurstOfOthers - 250));
    steady_ += FailedLookups::kBurstOfOthers * FailedLookups::kEach;
    lookups = 0;
    for (int i = 0; i < 100; ++i) (void)ask(access, EZ_MASTER, "repeated");
    EXPECT_EQ(lookups, 1U);
    steady_ += std::chrono::seconds(10);
    (void)ask(access, EZ_MASTER, "repeated");
    EXPECT_EQ(lookups, 2U) << "a credential may become right";
}

TEST_F(AccessTest, GuessingLeavesABoundedTraceInTheLogAndCountsByReason) {
    std::vector<std::string> lines;
    telemetry::set_sink([&](std::string_view line) { lines.emplace_back(line); });
    telemetry::Metrics metrics;
    options_.metrics = &metrics;
    Access access(options_);
    for (int i = 0; i < 22'000; ++i)
        (void)ask(access, EZ_ADMIN, "secret-guess" + std::to_string(i), "GET", "203.0.113.9");
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_THAT(lines[0],
                AllOf(HasSubstr("warn"), HasSubstr("wrong admin credential from 203.0.113.9")));
    EXPECT_THAT(
        lines[1],
        AllOf(HasSubstr("too many wrong admin credentials from 203.0.113.9"), HasSubstr("60 s")));
    for (int i = 0; i < 5000; ++i)
        (void)ask(access,
                  EZ_INTERNAL_ONLY,
                  "secret-guess",
                  "GET",
                  "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    EXPECT_EQ(lines.size(), 20U);
    steady_ += std::chrono::seconds(60);
    (void)ask(access, EZ_MASTER, "secret-guess");
    ASSERT_EQ(lines.size(), 21U);
    EXPECT_THAT(lines.back(), HasSubstr("(4982 such lines left out)"));
    telemetry::set_sink({});
    for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("secret-guess")));
    const std::string exposed = metrics.expose();
    for (const char* series :
         {R"(ezapi_http_credentials_refused_total{class="admin",reason="wrong"} 3)",
          R"({class="admin",reason="locked"} 21997)",
          R"({class="internal",reason="wrong"} 5000)",
          R"({class="master",reason="wrong"} 1)"})
        EXPECT_THAT(exposed, HasSubstr(series));
}

TEST_F(AccessTest, SessionsStandForTheAdmin) {
    Access access(options_);
    const auto [token, id, scope, expires] = access.open_session("write", 60);
    EXPECT_EQ(scope, "write");
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
    EXPECT_EQ(ask(access, EZ_ADMIN, kAdmin, "GET", "ip"), 200);
}

TEST_F(AccessTest, SessionsAreAdmittedOnlyWhileItIsKnownWhatWasRevoked) {
    const auto revocations = std::make_shared<Revocations>();
    options_.revocations = revocations;
    Access access(options_);
    const OpenedSession session = access.open_session("write", 3600);
    EXPECT_EQ(ask(access, EZ_ADMIN, session.token), 503) << "never asked";
    revocations->refresh({}, steady_, now_);
    EXPECT_EQ(ask(access, EZ_ADMIN, session.token), 200);
    steady_ += Revocations::kFresh + std::chrono::seconds(1);
    EXPECT_EQ(ask(access, EZ_ADMIN, session.token), 503);
    EXPECT_EQ(ask(access, EZ_ADMIN, kAdmin), 200) << "the token itself needs no database";

    revocations->add({session.id, session.expires});
    EXPECT_EQ(ask(access, EZ_ADMIN, session.token), 401);
    revocations->refresh({}, steady_, now_);
    EXPECT_EQ(ask(access, EZ_ADMIN, session.token), 401) << "a look begun earlier takes none back";
    EXPECT_EQ(ask(access, EZ_ADMIN, access.open_session("write", 60).token), 200);
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
    options_.authenticator = {};
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
        steady_ += std::chrono::seconds(60);
        EXPECT_EQ(ask(access, EZ_MASTER, "key"), expected) << status;
    }
}

constexpr Guesses::Clock::time_point kStart{std::chrono::hours(1)};

TEST(Guesses, OnesThatAreFarApartLockNothing) {
    Guesses guesses(2);
    for (int i = 0; i < 10; ++i) {
        const auto now = kStart + i * std::chrono::seconds(60);
        const auto wrong = guesses.wrong(EZ_ADMIN, "10.0.0.1", std::to_string(i), now);
        EXPECT_EQ(wrong.retry_after, 0);
        EXPECT_TRUE(wrong.is_first);
        EXPECT_FALSE(wrong.begins_lock);
        EXPECT_EQ(guesses.locked(EZ_ADMIN, "10.0.0.1", now), 0);
    }
}

TEST(Guesses, CountAnIpv6NetworkAsOneSourceAndBothFormsOfIpv4) {
    Guesses guesses(1);
    (void)guesses.wrong(EZ_ADMIN, "2001:db8:1:2:3:4:5:6", "a", kStart);
    EXPECT_EQ(guesses.locked(EZ_ADMIN, "2001:db8:1:2:ffff::1", kStart), 60);
    EXPECT_EQ(guesses.locked(EZ_ADMIN, "2001:db8:1:3::1", kStart), 0);
    (void)guesses.wrong(EZ_ADMIN, "::ffff:10.0.0.1", "a", kStart);
    EXPECT_EQ(guesses.locked(EZ_ADMIN, "10.0.0.1", kStart), 60);
    EXPECT_EQ(guesses.locked(EZ_ADMIN, "10.0.0.2", kStart), 0);
    // "::1" and "::" have four groups of zeros, however few colons they are written with.
    (void)guesses.wrong(EZ_ADMIN, "2001:db8::1", "a", kStart);
    EXPECT_EQ(guesses.locked(EZ_ADMIN, "2001:db8:0:0:5::", kStart), 60);
}

TEST(Guesses, CountTheNetworksOfAnIpv6SiteTogether) {
    Guesses guesses(2);
    const auto network = [](int i) { return "2001:db8:1:" + std::to_string(i) + "::1"; };
    for (int i = 0; i < 31; ++i)
        EXPECT_FALSE(guesses.wrong(EZ_ADMIN, network(i), "a", kStart).begins_lock);
    EXPECT_EQ(guesses.locked(EZ_ADMIN, network(99), kStart), 0);
    EXPECT_TRUE(guesses.wrong(EZ_ADMIN, network(31), "a", kStart).begins_lock);
    EXPECT_EQ(guesses.locked(EZ_ADMIN, network(99), kStart), 60);
    EXPECT_EQ(guesses.locked(EZ_ADMIN, "2001:db8:2::1", kStart), 0);
}

TEST(Guesses, ALockOutlastsThoseWhoTryToPushItOut) {
    Guesses guesses(2);
    (void)guesses.wrong(EZ_ADMIN, "192.0.2.1", "a", kStart);
    (void)guesses.wrong(EZ_ADMIN, "192.0.2.1", "b", kStart);
    for (int i = 0; i < 30'000; ++i)
        (void)guesses.wrong(EZ_ADMIN,
                            "10." + std::to_string(i / 65536) + "." +
                                std::to_string(i / 256 % 256) + "." + std::to_string(i % 256),
                            "a",
                            kStart);
    EXPECT_EQ(guesses.locked(EZ_ADMIN, "192.0.2.1", kStart), 60);
    EXPECT_EQ(guesses.locked(EZ_ADMIN, "192.0.2.1", kStart + std::chrono::seconds(60)), 0);
}

}  // namespace
}  // namespace ezapi::host::http
