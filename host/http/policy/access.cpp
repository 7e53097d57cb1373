#include "host/http/policy/access.hpp"

#include <ctime>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"
#include "ezapi/str.hpp"
#include "host/http/wire/syntax.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::http {

namespace {

constexpr size_t kCredentialBytes = 4096;

Caller caller_of(int32_t kind, std::string_view name, std::string_view credential) {
    Caller caller;
    caller.identity.kind = kind;
    copy_text(caller.identity.name, name);
    caller.credential = credential;
    return caller;
}

Problem too_many_guesses(int retry_after) {
    Problem problem{429, "too_many_guesses", "too many wrong credentials from this address", {}};
    problem.retry_after = retry_after;
    return problem;
}

}  // namespace

std::optional<std::string_view> bearer_of(std::string_view authorization) noexcept {
    constexpr std::string_view kScheme = "bearer ";
    if (!equal_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) return std::nullopt;
    const auto credential = trimmed(authorization.substr(kScheme.size()));
    const bool blank = credential.find_first_of(" \t,") != std::string_view::npos;
    if (credential.empty() || blank || credential.size() > kCredentialBytes) return std::nullopt;
    return credential;
}

Access::Access(AccessOptions options)
    : options_(std::move(options)),
      sessions_(options_.jwt_secret),
      guesses_(options_.wrong_per_minute),
      log_(options_.metrics) {}

Access::Verdict Access::admit(int32_t access,
                              std::string_view method,
                              const std::optional<std::string>& authorization,
                              std::string_view client_ip) {
    if (access == EZ_PUBLIC) return Caller{};
    if (access == EZ_INTERNAL_ONLY && options_.internal_token.empty()) {
        return refused(access,
                       "closed",
                       {403, "closed", "internal routes are closed: no internal token is set", {}});
    }
    if (!authorization)
        return refused(access, "missing", {401, {}, "a bearer credential is required", {}});
    const auto credential = bearer_of(*authorization);
    if (!credential) {
        return refused(access,
                       "malformed",
                       {401, {}, "Authorization: expected 'Bearer' and one credential", {}});
    }
    switch (access) {
        case EZ_ADMIN:
            return admit_admin(method, *credential, client_ip);
        case EZ_INTERNAL_ONLY:
            return admit_internal(*credential, client_ip);
        case EZ_MASTER:
            return admit_master(*credential, client_ip);
        default:
            return Problem{403, {}, "the route's access is unknown", {}};
    }
}

OpenedSession Access::open_session(std::string_view scope, int64_t ttl_seconds) const {
    const int64_t begin = now();
    std::string token = sessions_.issue(scope, ttl_seconds, begin);
    std::string id = sessions_.verify(token).value().id;
    return {std::move(token), std::move(id), std::string(scope), begin + ttl_seconds};
}

Access::Verdict Access::admit_admin(std::string_view method,
                                    std::string_view credential,
                                    std::string_view client_ip) {
    const int seconds = guesses_.locked(EZ_ADMIN, client_ip, steady_now());
    if (seconds == 0 && !options_.admin_token.empty() &&
        equal_in_constant_time(credential, options_.admin_token)) {
        return caller_of(EZ_ADMIN, "admin", credential);
    }
    if (const auto session = sessions_.verify(credential))
        return admit_session(*session, method, credential);
    // Not counted as a guess: a signature cannot be guessed, and clients whose sessions were signed
    // with an earlier secret would lock out their own address.
    if (Sessions::is_session(credential))
        return refused(EZ_ADMIN,
                       "unknown_session",
                       {401,
                        "session_unknown",
                        "the session was not opened here, or the secret that signed it was changed",
                        {}});
    if (seconds != 0) return refused(EZ_ADMIN, "locked", too_many_guesses(seconds));
    return wrong(EZ_ADMIN, client_ip, credential, "the credential is not an admin's");
}

Access::Verdict Access::admit_session(const Session& session,
                                      std::string_view method,
                                      std::string_view credential) {
    if (now() >= session.expires)
        return refused(
            EZ_ADMIN, "expired", {401, "session_expired", "the session has expired", {}});
    using Standing = Revocations::Standing;
    const Standing standing = options_.revocations
                                  ? options_.revocations->standing(session.id, steady_now())
                                  : Standing::kValid;
    if (standing == Standing::kRevoked)
        return refused(
            EZ_ADMIN, "revoked", {401, "session_revoked", "the session was revoked", {}});
    if (standing == Standing::kUnknown)
        return refused(EZ_ADMIN,
                       "unknown",
                       {503,
                        "sessions_unavailable",
                        "whether the session was revoked cannot be checked right now; the admin "
                        "token is taken",
                        {}});
    if (session.scope == "read" && method != "GET" && method != "HEAD") {
        return refused(EZ_ADMIN,
                       "read_only",
                       {403, "read_only", "the session's scope is read: it changes nothing", {}});
    }
    Caller caller = caller_of(EZ_ADMIN, "session:" + session.id, credential);
    caller.by_session = true;
    return caller;
}

Access::Verdict Access::admit_internal(std::string_view credential, std::string_view client_ip) {
    if (const int seconds = guesses_.locked(EZ_INTERNAL_ONLY, client_ip, steady_now()))
        return refused(EZ_INTERNAL_ONLY, "locked", too_many_guesses(seconds));
    if (equal_in_constant_time(credential, options_.internal_token)) {
        return caller_of(EZ_INTERNAL_ONLY, "internal", credential);
    }
    return wrong(EZ_INTERNAL_ONLY, client_ip, credential, "the credential is not the internal one");
}

Access::Verdict Access::admit_master(std::string_view credential, std::string_view client_ip) {
    const Problem nobody{503, "no_authenticator", "no plugin provides master authentication", {}};
    if (!options_.authenticator) return nobody;
    if (const int seconds = guesses_.locked(EZ_MASTER, client_ip, steady_now()))
        return refused(EZ_MASTER, "locked", too_many_guesses(seconds));
    constexpr const char* kWrong = "the credential is not a master's";
    if (lookups_.has_failed(credential, steady_now()))
        return wrong(EZ_MASTER, client_ip, credential, kWrong);
    if (!lookups_.allow(credential, steady_now()) &&
        (guesses_.has_guessed(EZ_MASTER, client_ip, steady_now()) ||
         !lookups_.allow_others(steady_now())))
        return refused(EZ_MASTER,
                       "busy",
                       {429, "too_many_guesses", "too many wrong credentials are being tried", {}});
    Caller caller;
    caller.credential = credential;
    ez_error error{};
    const ez_status status = options_.authenticator(str(credential), &caller.identity, &error);
    switch (status) {
        case EZ_OK:
            lookups_.found(credential);
            caller.identity.kind = EZ_MASTER;
            return caller;
        case EZ_UNAUTHENTICATED:
            lookups_.failed(credential, steady_now());
            return wrong(EZ_MASTER, client_ip, credential, kWrong);
        case EZ_DENIED:
            return refused(
                EZ_MASTER,
                "denied",
                {403, error.code, error.message[0] != '\0' ? error.message : "denied", {}});
        case EZ_NOT_FOUND:
            return nobody;
        default:
            break;
    }
    telemetry::log(EZ_LOG_ERROR, "http", std::string("master authentication: ") + error.message);
    return Problem{503, {}, "the credential cannot be checked right now", {}};
}

Problem Access::refused(int32_t access, const char* reason, Problem problem) {
    log_.count(access, reason);
    return problem;
}

Problem Access::wrong(int32_t access,
                      std::string_view client_ip,
                      std::string_view credential,
                      const char* detail) {
    const auto time = steady_now();
    const Guesses::Wrong found = guesses_.wrong(access, client_ip, credential, time);
    log_.wrong(access, client_ip, found, time);
    if (found.retry_after == 0) return refused(access, "wrong", {401, {}, detail, {}});
    return refused(access, "repeated", too_many_guesses(found.retry_after));
}

int64_t Access::now() const {
    return options_.unix_now ? options_.unix_now() : std::time(nullptr);
}

Guesses::Clock::time_point Access::steady_now() const {
    return options_.steady_now ? options_.steady_now() : Guesses::Clock::now();
}

}  // namespace ezapi::host::http
