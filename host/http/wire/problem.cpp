#include "host/http/wire/problem.hpp"

#include <nlohmann/json.hpp>

#include "ezapi/base/status.hpp"

namespace ezapi::host::http {
namespace {

using nlohmann::ordered_json;

constexpr auto kReplace = ordered_json::error_handler_t::replace;

}  // namespace

Problem bad_parameter(const std::string& code, const std::string& name, const std::string& detail) {
    const ordered_json fault{{"code", code}, {"field", name}, {"message", detail}};
    return {400, code, detail, ordered_json::array({fault}).dump(-1, ' ', false, kReplace)};
}

Reply to_reply(const Problem& problem, std::string_view request_id) {
    ordered_json document;
    document["type"] = "about:blank";
    document["title"] = reason_phrase(problem.status);
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
