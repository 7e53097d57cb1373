#include "host/http/wire/problem.hpp"

#include <nlohmann/json.hpp>

namespace ezapi::host::http {
namespace {

using nlohmann::ordered_json;

constexpr auto kReplace = ordered_json::error_handler_t::replace;

}  // namespace

std::string_view default_code(int status) noexcept {
    switch (status) {
        case 400:
            return "invalid";
        case 401:
            return "unauthenticated";
        case 403:
            return "denied";
        case 404:
            return "not_found";
        case 405:
            return "method_not_allowed";
        case 406:
            return "not_acceptable";
        case 408:
            return "timeout";
        case 409:
            return "conflict";
        case 411:
            return "length_required";
        case 412:
            return "precondition_failed";
        case 413:
            return "body_too_large";
        case 414:
            return "uri_too_long";
        case 415:
            return "unsupported_media_type";
        case 417:
            return "expectation";
        case 422:
            return "validation";
        case 428:
            return "precondition_required";
        case 429:
            return "exhausted";
        case 431:
            return "head_too_large";
        case 500:
            return "internal";
        case 501:
            return "not_implemented";
        case 502:
            return "bad_gateway";
        case 503:
            return "unavailable";
        case 505:
            return "version";
        default:
            return "error";
    }
}

Problem bad_parameter(const std::string& code, const std::string& name, const std::string& detail) {
    const ordered_json fault{{"code", code}, {"field", name}, {"message", detail}};
    return {400, code, detail, ordered_json::array({fault}).dump(-1, ' ', false, kReplace)};
}

Reply to_reply(const Problem& problem, std::string_view request_id) {
    ordered_json document;
    document["type"] = "about:blank";
    document["title"] = reason_of(problem.status);
    document["status"] = problem.status;
    if (problem.status == 500) {
        document["detail"] = "An internal fault; its cause is logged under this request id.";
    } else {
        document["detail"] = problem.detail;
    }
    document["code"] = problem.code.empty() ? default_code(problem.status) : problem.code;
    document["request_id"] = request_id;
    if (!problem.errors.empty() && problem.status != 500) {
        auto errors = ordered_json::parse(problem.errors, nullptr, false);
        if (errors.is_array()) document["errors"] = std::move(errors);
    }
    Reply reply;
    reply.status = problem.status;
    reply.set("Content-Type", "application/problem+json");
    reply.set("Cache-Control", "no-store");
    if (problem.status == 401) reply.set("WWW-Authenticate", "Bearer realm=\"ezapi\"");
    if (problem.status == 429 || problem.status == 503) {
        reply.set("Retry-After", std::to_string(problem.retry_after));
    }
    reply.body = document.dump(-1, ' ', false, kReplace);
    return reply;
}

}  // namespace ezapi::host::http
