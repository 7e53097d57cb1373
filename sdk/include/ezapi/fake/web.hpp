// HTTP in a fake host: a test calls routes by method and path.
//
//     const fake::HttpReply reply = host.http.call({"POST", "/admin/widgets", R"({"name":"a"})"});
//     EXPECT_EQ(reply.status, 201);
//
// A call has the identity that the route demands, unless the test gives another one. Unknown and
// repeated query parameters are refused as by the real host, and Idempotency-Key works.
#pragma once

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/fake/database.hpp"
#include "ezapi/fake/telemetry.hpp"

namespace ezapi::fake {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpCall {
    std::string method;
    std::string target;  // path and query, percent-encoded
    std::string body = {};
    Headers headers = {};
    std::optional<ez_identity> identity = {};
    std::string client_ip = "127.0.0.1";
    std::string request_id = "00000000000000000000000000000001";
};

struct HttpReply {
    int status = 0;
    std::string body;
    Headers headers;

    [[nodiscard]] Json json() const { return Json::parse(body); }

    [[nodiscard]] std::string header(std::string_view name) const {
        for (const auto& [key, value] : headers) {
            if (key == name) return value;
        }
        return {};
    }
};

namespace detail {

[[nodiscard]] inline std::string percent_decoded(std::string_view text, bool plus_is_space) {
    std::string out;
    for (size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%' && at + 2 < text.size()) {
            out.push_back(
                static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16)));
            at += 2;
        } else {
            out.push_back(plus_is_space && text[at] == '+' ? ' ' : text[at]);
        }
    }
    return out;
}

[[nodiscard]] inline std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> out;
    while (true) {
        const size_t end = text.find(at);
        out.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end + 1);
    }
}

[[nodiscard]] inline bool same_name(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [&](char a, char b) {
        return lower(a) == lower(b);
    });
}

}  // namespace detail

/// A route that the plugin registered.
struct Route {
    std::string method;
    std::string pattern;
    std::int32_t access = EZ_PUBLIC;
    Json describe;
    ez_http_fn handler = nullptr;
    void* user = nullptr;
    ez_free_fn free_user = nullptr;

    /// The path parameters; nullopt when the path does not match.
    [[nodiscard]] std::optional<std::map<std::string, std::string>> match(
        std::string_view path) const {
        const auto wanted = detail::split(pattern, '/');
        const auto given = detail::split(path, '/');
        if (wanted.size() != given.size()) return std::nullopt;
        std::map<std::string, std::string> out;
        for (size_t i = 0; i < wanted.size(); ++i) {
            if (wanted[i].starts_with('{')) {
                if (given[i].empty()) return std::nullopt;
                out[wanted[i].substr(1, wanted[i].size() - 2)] =
                    detail::percent_decoded(given[i], false);
            } else if (wanted[i] != given[i]) {
                return std::nullopt;
            }
        }
        return out;
    }

    [[nodiscard]] bool lists_query(const std::string& name) const {
        const Json& operation = describe.at("operation");
        if (!operation.contains("parameters")) return false;
        for (const Json& parameter : operation["parameters"]) {
            if (parameter["in"] == "query" && parameter["name"] == name) return true;
        }
        return false;
    }
};

class Web;

/// A call in progress.
struct Exchange {
    Web* web = nullptr;
    LogLines* log = nullptr;
    const Route* route = nullptr;
    HttpCall call;
    std::string path;
    std::map<std::string, std::string> params;
    Headers query;
    Headers headers;
    std::promise<HttpReply> reply;
};

class Web {
public:
    explicit Web(LogLines& log) : log_(log) {}

    ~Web() { clear(); }

    Web(const Web&) = delete;
    Web& operator=(const Web&) = delete;

    /// Calls a route and waits up to 10 s for the answer, which the handler may give from any
    /// thread.
    HttpReply call(HttpCall call) {
        auto exchange = std::make_unique<Exchange>();
        exchange->web = this;
        exchange->log = &log_;
        read_target(call.target, *exchange);
        exchange->route = find(call.method, exchange->path, exchange->params);
        if (exchange->route == nullptr)
            return refusal(knows(exchange->path) ? 405 : 404, "no such route");
        std::set<std::string> seen;
        for (const auto& [name, value] : exchange->query) {
            if (!exchange->route->lists_query(name))
                return refusal(400, "unknown query parameter " + name);
            if (!seen.insert(name).second)
                return refusal(400, "query parameter " + name + " is given twice");
        }
        if (!call.identity) call.identity = identity_for(exchange->route->access);
        exchange->call = std::move(call);
        return run(std::move(exchange));
    }

    [[nodiscard]] const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

    void add(Route route) {
        for (const auto& other : routes_) {
            if (other->method == route.method && other->pattern == route.pattern) {
                throw Error(EZ_CONFLICT,
                            "route " + route.method + " " + route.pattern + ": already taken");
            }
        }
        routes_.push_back(std::make_unique<Route>(std::move(route)));
    }

    /// Drops the routes, as the host does when a plugin stops.
    void clear() {
        for (const auto& route : routes_) {
            if (route->free_user != nullptr) route->free_user(route->user);
        }
        routes_.clear();
    }

    struct Remembered {
        std::string body;  // of the request
        HttpReply reply;
    };

    std::mutex mutex;
    std::map<std::string, Remembered> remembered;  // by Idempotency-Key

private:
    static void read_target(std::string_view target, Exchange& exchange) {
        const size_t mark = target.find('?');
        exchange.path = target.substr(0, mark);
        if (mark == std::string_view::npos) return;
        for (const std::string& pair : detail::split(target.substr(mark + 1), '&')) {
            const size_t equal = pair.find('=');
            exchange.query.emplace_back(
                detail::percent_decoded(pair.substr(0, equal), true),
                equal == std::string::npos
                    ? std::string()
                    : detail::percent_decoded(std::string_view(pair).substr(equal + 1), true));
        }
    }

    /// The matching route with the fewest parameters.
    [[nodiscard]] const Route* find(const std::string& method,
                                    std::string_view path,
                                    std::map<std::string, std::string>& params) const {
        const Route* best = nullptr;
        for (const auto& route : routes_) {
            if (route->method != method) continue;
            auto found = route->match(path);
            if (!found || (best != nullptr && params.size() <= found->size())) continue;
            best = route.get();
            params = std::move(*found);
        }
        return best;
    }

    [[nodiscard]] bool knows(std::string_view path) const {
        return std::any_of(routes_.begin(), routes_.end(), [path](const auto& route) {
            return route->match(path).has_value();
        });
    }

    static ez_identity identity_for(std::int32_t access) {
        ez_identity out{sizeof out, access, access == EZ_MASTER ? 1 : 0, ""};
        copy_text(out.name, access == EZ_MASTER ? "master" : "admin");
        return out;
    }

    static HttpReply refusal(int status, const std::string& detail) {
        return {status, dump_json({{"status", status}, {"detail", detail}}), {}};
    }

    static HttpReply run(std::unique_ptr<Exchange> exchange) {
        std::future<HttpReply> reply = exchange->reply.get_future();
        const Origin before = current_origin;
        current_origin = {*exchange->call.identity,
                          exchange->call.client_ip,
                          exchange->call.request_id,
                          exchange->call.method,
                          exchange->path};
        const Route& route = *exchange->route;
        route.handler(route.user, reinterpret_cast<ez_exchange*>(exchange.release()));
        current_origin = before;
        if (reply.wait_for(std::chrono::seconds(10)) != std::future_status::ready)
            throw Error(EZ_TIMEOUT, route.method + " " + route.pattern + ": no answer in 10 s");
        return reply.get();
    }

    LogLines& log_;
    std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace ezapi::fake
