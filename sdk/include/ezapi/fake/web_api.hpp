// The functions of the HTTP table, on the routes of a fake host.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ezapi/fake/web.hpp"
#include "ezapi/prefix.hpp"

namespace ezapi::fake {

namespace detail {

inline Exchange& exchange(ez_exchange* raw) {
    return *reinterpret_cast<Exchange*>(raw);
}

inline const Exchange& exchange(const ez_exchange* raw) {
    return *reinterpret_cast<const Exchange*>(raw);
}

inline const std::string* header_of(const Exchange& call, std::string_view name) {
    for (const auto& [key, value] : call.call.headers) {
        if (same_name(key, name)) return &value;
    }
    return nullptr;
}

inline void reply(ez_exchange* raw, HttpReply answer) {
    const std::unique_ptr<Exchange> ended(&exchange(raw));
    ended->reply.set_value(std::move(answer));
}

inline ez_str part_of(const Exchange& call, std::int32_t which) {
    switch (which) {
        case EZ_PART_METHOD:
            return str(call.call.method);
        case EZ_PART_PATH:
            return str(call.path);
        case EZ_PART_PATTERN:
            return str(call.route->pattern);
        case EZ_PART_BODY:
            return str(call.call.body);
        case EZ_PART_CLIENT_IP:
            return str(call.call.client_ip);
        case EZ_PART_REQUEST_ID:
            return str(call.call.request_id);
        default:
            return str({});
    }
}

inline void send_problem(
    ez_exchange* raw, int status, std::string_view code, std::string_view detail, ez_str errors) {
    Exchange& call = exchange(raw);
    if (status >= 500) call.log->write(EZ_LOG_ERROR, detail);
    Json problem{{"type", "about:blank"},
                 {"status", status},
                 {"code", code},
                 {"detail", status == 500 ? std::string_view("internal error") : detail},
                 {"request_id", call.call.request_id}};
    if (errors.size > 0) problem["errors"] = Json::parse(view(errors));
    Headers headers = std::move(call.headers);
    headers.emplace_back("Content-Type", "application/problem+json");
    reply(raw, {status, dump_json(problem), std::move(headers)});
}

inline bool replay(ez_exchange* raw) {
    Exchange& call = exchange(raw);
    const std::string* key = header_of(call, "Idempotency-Key");
    if (key == nullptr) return false;
    std::optional<HttpReply> stored;
    {
        const std::lock_guard lock(call.web->mutex);
        const auto found = call.web->remembered.find(*key);
        if (found == call.web->remembered.end()) return false;
        if (found->second.body != call.call.body) {
            throw Error(EZ_INVALID, "Idempotency-Key: was used with another body")
                .with_http(422)
                .with_code("idempotency_key");
        }
        stored = found->second.reply;
    }
    reply(raw, std::move(*stored));
    return true;
}

inline void remember(ez_exchange* raw, int status, ez_str body) {
    Exchange& call = exchange(raw);
    const std::string* key = header_of(call, "Idempotency-Key");
    if (key == nullptr) return;
    const std::lock_guard lock(call.web->mutex);
    call.web->remembered[*key] = {call.call.body, {status, std::string(view(body)), call.headers}};
}

}  // namespace detail

inline const ez_http_api kHttp = {
    sizeof(ez_http_api),
    // route
    [](ez_context* raw, const ez_route* given, ez_error* error) noexcept {
        ez_route route{};
        const ez_status status = guard(error, [&] {
            route = taken(given, "route");
            context_of(raw).http->add({std::string(view(route.method)),
                                       std::string(view(route.pattern)),
                                       route.access,
                                       Json::parse(view(route.describe)),
                                       route.handler,
                                       route.user,
                                       route.free_user});
        });
        if (status != EZ_OK && route.free_user != nullptr) route.free_user(route.user);
        return status;
    },
    // part
    [](const ez_exchange* raw, std::int32_t which) noexcept {
        return detail::part_of(detail::exchange(raw), which);
    },
    // param
    [](const ez_exchange* raw, ez_str name) noexcept {
        const auto& params = detail::exchange(raw).params;
        const auto found = params.find(std::string(view(name)));
        return found == params.end() ? str({}) : str(found->second);
    },
    // header
    [](const ez_exchange* raw, ez_str name, ez_str* out) noexcept {
        const std::string* found = detail::header_of(detail::exchange(raw), view(name));
        if (found == nullptr) return 0;
        *out = str(*found);
        return 1;
    },
    // query_count
    [](const ez_exchange* raw) noexcept { return detail::exchange(raw).query.size(); },
    // query_at
    [](const ez_exchange* raw, size_t index) noexcept {
        const auto& [name, value] = detail::exchange(raw).query[index];
        return ez_pair{str(name), str(value)};
    },
    // identity
    [](const ez_exchange* raw, ez_identity* out) noexcept {
        give(out, *detail::exchange(raw).call.identity);
    },
    // set_header
    [](ez_exchange* raw, ez_str name, ez_str value) noexcept {
        Headers& headers = detail::exchange(raw).headers;
        std::erase_if(headers, [&](const auto& header) {
            return detail::same_name(header.first, view(name));
        });
        headers.emplace_back(view(name), view(value));
    },
    // finish
    [](ez_exchange* raw, std::int32_t status, ez_str body) noexcept {
        Headers headers = std::move(detail::exchange(raw).headers);
        detail::reply(raw, {status, std::string(view(body)), std::move(headers)});
    },
    // problem
    [](ez_exchange* raw, std::int32_t status, ez_str code, ez_str text, ez_str errors) noexcept {
        detail::send_problem(raw, status, view(code), view(text), errors);
    },
    // replay
    [](ez_exchange* raw, ez_tx*, std::int32_t* replayed, ez_error* error) noexcept {
        return guard(error, [&] { *replayed = detail::replay(raw) ? 1 : 0; });
    },
    // remember
    [](ez_exchange* raw, ez_tx*, std::int32_t status, ez_str body, ez_error* error) noexcept {
        return guard(error, [&] { detail::remember(raw, status, body); });
    },
};

}  // namespace ezapi::fake
