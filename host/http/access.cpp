#include "host/http/access.hpp"

#include <ctime>

#include "ezapi/error.hpp"
#include "ezapi/str.hpp"
#include "host/http/crypto.hpp"
#include "host/http/syntax.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::http {

namespace {

constexpr size_t kCredentialBytes = 4096;

Caller caller_of(int32_t kind, std::string_view name, std::string_view credential) {
    Caller caller;
    caller.identity.kind = kind;
    ezapi::detail::copy_text(caller.identity.name, name);
    caller.credential = credential;
    return caller;
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
      guesses_(options_.wrong_per_minute) {}

Access::Verdict Access::admit(int32_t access,
                              std::string_view method,
                              const std::optional<std::string>& authorization,
                              std::string_view client_ip) {
    if (access == EZ_PUBLIC) return Caller{};
    if (access == EZ_INTERNAL_ONLY && options_.internal_token.empty()) {
        return Problem{403, "closed", "internal routes are closed: no internal token is set", {}};
    }
    if (!authorization) return Problem{401, {}, "a bearer credential is required", {}};
    const auto credential = bearer_of(*authorization);
    if (!credential) {
        return Problem{401, {}, "Authorization: expected 'Bearer' and one credential", {}};
    }
    switch (access) {
        case EZ_ADMIN:
            return admit_admin(method, *credential, client_ip);
        case EZ_INTERNAL_ONLY:
            return admit_internal(*credential, client_ip);
        case EZ_MASTER:
            return admit_master(*credential);
        default:
            return Problem{403, {}, "the route's access is unknown", {}};
    }
}

OpenedSession Access::open_session(std::string_view scope, int64_t ttl_seconds) const {
    const int64_t begin = now();
    std::string token = sessions_.issue(scope, ttl_seconds, begin);
    std::string id = sessions_.verify(token).value().id;
    return {std::move(token), std::move(id), begin + ttl_seconds};
}

Access::Verdict Access::admit_admin(std::string_view method,
                                    std::string_view credential,
                                    std::string_view client_ip) {
    if (!options_.admin_token.empty() && equal_in_constant_time(credential, options_.admin_token)) {
        return caller_of(EZ_ADMIN, "admin", credential);
    }
    const auto session = sessions_.verify(credential);
    if (!session) return wrong(client_ip, "the credential is not an admin's");
    if (now() >= session->expires) {
        return Problem{401, "session_expired", "the session has expired", {}};
    }
    if (session->scope == "read" && method != "GET" && method != "HEAD") {
        return Problem{403, "read_only", "the session's scope is read: it changes nothing", {}};
    }
    Caller caller = caller_of(EZ_ADMIN, "session:" + session->id, credential);
    caller.by_session = true;
    return caller;
}

Access::Verdict Access::admit_internal(std::string_view credential, std::string_view client_ip) {
    if (equal_in_constant_time(credential, options_.internal_token)) {
        return caller_of(EZ_INTERNAL_ONLY, "internal", credential);
    }
    return wrong(client_ip, "the credential is not the internal one");
}

Access::Verdict Access::admit_master(std::string_view credential) const {
    const Problem nobody{503, "no_authenticator", "no plugin provides master authentication", {}};
    if (!options_.authenticator) return nobody;
    Caller caller;
    caller.credential = credential;
    ez_error error{};
    const ez_status status = options_.authenticator(str(credential), &caller.identity, &error);
    switch (status) {
        case EZ_OK:
            caller.identity.kind = EZ_MASTER;
            return caller;
        case EZ_UNAUTHENTICATED:
            return Problem{401, {}, "the credential is not a master's", {}};
        case EZ_DENIED:
            return Problem{
                403, error.code, error.message[0] != '\0' ? error.message : "denied", {}};
        case EZ_NOT_FOUND:
            return nobody;
        default:
            break;
    }
    telemetry::log(EZ_LOG_ERROR, "http", std::string("master authentication: ") + error.message);
    return Problem{503, {}, "the credential cannot be checked right now", {}};
}

Problem Access::wrong(std::string_view client_ip, const char* detail) {
    const int seconds = guesses_.wrong(client_ip, Guesses::Clock::now());
    if (seconds == 0) return {401, {}, detail, {}};
    Problem problem{429, "too_many_guesses", "too many wrong credentials from this address", {}};
    problem.retry_after = seconds;
    return problem;
}

int64_t Access::now() const {
    return options_.unix_now ? options_.unix_now() : std::time(nullptr);
}

}  // namespace ezapi::host::http
