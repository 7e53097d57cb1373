#include "tests/host/http/served.hpp"

namespace ezapi::host::http {

void Served::add(const std::string& owner,
                 const std::string& method,
                 const std::string& pattern,
                 Handler handler,
                 int32_t access,
                 uint32_t flags,
                 uint64_t max_body,
                 const std::string& describe) {
    RouteSpec spec;
    spec.access = access;
    spec.method = method;
    spec.pattern = pattern;
    spec.flags = flags;
    spec.max_body = max_body;
    spec.describe = describe;
    spec.handler = std::move(handler);
    server_->route(owner, std::move(spec));
}

void Served::start() {
    server_ = std::make_unique<Server>(options_, &metrics_);
    const auto echo = [](Exchange& exchange) {
        return Reply{200, {{"Content-Type", "text/plain"}}, std::string(exchange.body())};
    };
    add("test", "GET", "/ping", answering([](Exchange&) { return json_reply("\"pong\""); }));
    add("test",
        "GET",
        "/inline",
        answering([](Exchange&) { return json_reply("1"); }),
        EZ_PUBLIC,
        EZ_ROUTE_INLINE);
    constexpr uint64_t kLargeBody = 16UL * 1024 * 1024;
    add("test", "POST", "/echo", answering(echo), EZ_PUBLIC, 0, kLargeBody);
    add("test", "POST", "/admin/echo", answering(echo), EZ_ADMIN, 0, kLargeBody);
    add("test", "GET", "/number/{n}", answering([](Exchange& exchange) {
            return json_reply(std::string(exchange.param("n")));
        }));
    add("test", "GET", "/large", answering([](Exchange&) {
            return Reply{200, {{"Content-Type", "text/plain"}}, std::string(5 * 1024 * 1024, 'x')};
        }));
    const auto hold = [this](ExchangePtr exchange) {
        const std::lock_guard lock(mutex_);
        held_.push_back(std::move(exchange));
    };
    add("test", "GET", "/held", hold);
    add("test", "POST", "/kept", hold, EZ_PUBLIC, 0, kLargeBody);
    add("test",
        "GET",
        "/admin/thing",
        answering([](Exchange& exchange) {
            return json_reply('"' + std::string(exchange.caller().identity.name) + '"');
        }),
        EZ_ADMIN);
    server_->activate("test");
    server_->start();
}

size_t Served::held_count() {
    const std::lock_guard lock(mutex_);
    return held_.size();
}

void Served::release_all() {
    std::vector<ExchangePtr> held;
    {
        const std::lock_guard lock(mutex_);
        held.swap(held_);
    }
    for (auto& exchange : held) exchange.release()->finish(200, "\"released\"");
}

}  // namespace ezapi::host::http
