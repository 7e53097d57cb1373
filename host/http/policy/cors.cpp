#include "host/http/policy/cors.hpp"

#include <algorithm>

#include "ezapi/error.hpp"
#include "ezapi/url.hpp"
#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

namespace {

constexpr std::string_view kRequestHeaders =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID";
constexpr std::string_view kReadableHeaders =
    "Allow, ETag, Idempotency-Replayed, Location, Retry-After, WWW-Authenticate, "
    "X-Change-Revision, X-Change-State, X-Request-ID";

/// Why an origin is invalid; empty: it is valid. Browser extensions and apps have schemes other
/// than http and https.
std::string origin_fault(std::string_view text) {
    const auto colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0) return "it has no scheme";
    const auto valid = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '-' || c == '.';
    };
    if (!std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), valid))
        return "its scheme is none";
    if (text.find('/', colon + 3) != std::string_view::npos) return "it has a path";
    try {
        static_cast<void>(Authority::parse(text.substr(colon + 3)));
        return {};
    } catch (const Error& error) {
        return error.what();
    }
}

void add_vary(Reply& reply, std::string_view name) {
    for (auto& [known, value] : reply.headers) {
        if (!equal_ignoring_case(known, "Vary")) continue;
        value.append(", ").append(name);
        return;
    }
    reply.set("Vary", name);
}

}  // namespace

Cors::Cors(std::string_view origins) {
    for (const auto origin : list_of(origins)) {
        if (origin == "*") {
            any_ = true;
        } else if (const std::string fault = origin_fault(origin); fault.empty()) {
            origins_.push_back(lowered(origin));
        } else {
            const bool secret = origin.find('@') != std::string_view::npos;  // user:password@host
            throw Error(EZ_INVALID,
                        "CORS origin " +
                            (secret ? "(not shown)" : "'" + std::string(origin) + "'") +
                            ": expected '*' or scheme://host[:port] without a path, but " + fault);
        }
    }
}

bool Cors::add_origin(const std::optional<std::string>& origin, Reply& reply) const {
    if (any_) {
        reply.set("Access-Control-Allow-Origin", "*");
        return origin.has_value();
    }
    if (origins_.empty()) return false;
    add_vary(reply, "Origin");
    if (!origin) return false;
    const std::string lower = lowered(*origin);
    if (std::find(origins_.begin(), origins_.end(), lower) == origins_.end()) return false;
    reply.set("Access-Control-Allow-Origin", *origin);
    return true;
}

void Cors::allow(const std::optional<std::string>& origin, Reply& reply) const {
    if (add_origin(origin, reply)) reply.set("Access-Control-Expose-Headers", kReadableHeaders);
}

void Cors::allow_preflight(const std::optional<std::string>& origin,
                           std::string_view methods,
                           Reply& reply) const {
    if (!add_origin(origin, reply)) return;
    reply.set("Access-Control-Allow-Methods", methods);
    reply.set("Access-Control-Allow-Headers", kRequestHeaders);
    reply.set("Access-Control-Max-Age", "600");
}

}  // namespace ezapi::host::http
