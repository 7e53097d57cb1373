// Who may call: checks the bearer credential of a request against the access of its route. The
// default is to refuse: without an internal token the internal routes are closed, without an
// authenticator the masters' routes. Any thread.
//
// An address that has sent too many different wrong credentials of one class (admin, internal,
// master) is refused for a minute, even with a correct one. Session tokens are exempt: they are
// signed, so guessing cannot find one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ezapi/abi.h"
#include "host/http/policy/failed_lookups.hpp"
#include "host/http/policy/guess_log.hpp"
#include "host/http/policy/guesses.hpp"
#include "host/http/policy/revocations.hpp"
#include "host/http/policy/sessions.hpp"
#include "host/http/wire/problem.hpp"

namespace ezapi::host::http {

/// Asks the service "authenticator/1"; EZ_NOT_FOUND when no plugin provides it.
using Authenticator = std::function<ez_status(ez_str credential, ez_identity* out, ez_error*)>;

struct AccessOptions {
    std::string admin_token;     // empty: nobody is admin by token
    std::string internal_token;  // empty: internal routes are closed
    std::string jwt_secret;      // empty: a random one per process
    Authenticator authenticator;
    std::shared_ptr<const Revocations> revocations;  // NULL: no session is ever revoked
    size_t wrong_per_minute = 10;                    // different ones, of a class and per client
    std::function<int64_t()> unix_now;               // empty: the system's clock
    std::function<Guesses::Clock::time_point()> steady_now;  // empty: the system's clock
    telemetry::Metrics* metrics = nullptr;                   // outlives the Access
};

struct Caller {
    ez_identity identity{sizeof(ez_identity), EZ_PUBLIC, 0, {}};
    std::string credential;
    bool by_session = false;
};

struct OpenedSession {
    std::string token;  // returned only to the client that opened it
    std::string id;
    std::string scope;
    int64_t expires = 0;  // unix seconds
};

class Access {
public:
    explicit Access(AccessOptions options);

    /// `authorization` is the header's value.
    [[nodiscard]] std::variant<Caller, Problem> admit(
        int32_t access,
        std::string_view method,
        const std::optional<std::string>& authorization,
        std::string_view client_ip);

    /// A session token for `ttl_seconds` and when it expires.
    [[nodiscard]] OpenedSession open_session(std::string_view scope, int64_t ttl_seconds) const;

private:
    using Verdict = std::variant<Caller, Problem>;

    [[nodiscard]] Verdict admit_admin(std::string_view method,
                                      std::string_view credential,
                                      std::string_view client_ip);
    [[nodiscard]] Verdict admit_session(const Session& session,
                                        std::string_view method,
                                        std::string_view credential);
    [[nodiscard]] Verdict admit_internal(std::string_view credential, std::string_view client_ip);
    [[nodiscard]] Verdict admit_master(std::string_view credential, std::string_view client_ip);
    /// `reason` is a label of the metric.
    [[nodiscard]] Problem refused(int32_t access, const char* reason, Problem problem);
    [[nodiscard]] Problem wrong(int32_t access,
                                std::string_view client_ip,
                                std::string_view credential,
                                const char* detail);
    [[nodiscard]] int64_t now() const;
    [[nodiscard]] Guesses::Clock::time_point steady_now() const;

    AccessOptions options_;
    Sessions sessions_;
    Guesses guesses_;
    FailedLookups lookups_;
    GuessLog log_;
};

/// The credential of "Bearer <credential>", the scheme in any case.
[[nodiscard]] std::optional<std::string_view> bearer_of(std::string_view authorization) noexcept;

}  // namespace ezapi::host::http
