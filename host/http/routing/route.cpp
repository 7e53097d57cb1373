#include "host/http/routing/route.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "ezapi/error.hpp"
#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

namespace {

constexpr std::array<std::string_view, 6> kMethods{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};

[[noreturn]] void refuse(const RouteSpec& spec, const std::string& why) {
    throw Error(EZ_INVALID, "route " + spec.method + " " + spec.pattern + ": " + why);
}

std::vector<std::string> split_pattern(const RouteSpec& spec) {
    if (!spec.pattern.starts_with('/')) refuse(spec, "the pattern does not start with '/'");
    std::vector<std::string> segments;
    std::set<std::string> names;
    std::string_view rest = std::string_view(spec.pattern).substr(1);
    while (true) {
        const auto slash = rest.find('/');
        const std::string segment(rest.substr(0, slash));
        const bool last = slash == std::string_view::npos;
        if (segment.empty() && !last) refuse(spec, "an empty segment");
        if (is_parameter(segment)) {
            const std::string name = segment.substr(1, segment.size() - 2);
            if (!segment.ends_with('}') || !is_token(name)) {
                refuse(spec, "a parameter is one whole segment, {name}");
            }
            if (!names.insert(name).second) refuse(spec, "parameter " + name + " twice");
        } else if (!std::all_of(segment.begin(), segment.end(), is_path_char)) {
            refuse(spec, "segment '" + segment + "' has a character that paths must encode");
        }
        segments.push_back(segment);
        if (last) return segments;
        rest.remove_prefix(slash + 1);
    }
}

void add_query_names(const RouteSpec& spec, const nlohmann::json& operation, Route& route) {
    for (const auto& parameter : operation.value("parameters", nlohmann::json::array())) {
        if (parameter.value("in", "") != "query") continue;
        route.query_names.push_back(parameter.value("name", ""));
    }
    const bool writes = spec.method != "GET" && spec.method != "HEAD";
    if (!writes || (spec.access != EZ_ADMIN && spec.access != EZ_MASTER)) return;
    const auto declared = [&](const char* name) {
        const auto& names = route.query_names;
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (declared("timeout") || declared("wait")) return;
    route.takes_wait = true;
    for (const char* name : {"timeout", "wait"}) route.query_names.emplace_back(name);
}

void add_body_types(const nlohmann::json& operation, Route& route) {
    for (const auto& parameter : operation.value("parameters", nlohmann::json::array())) {
        route.takes_coding = route.takes_coding ||
                             (parameter.value("in", "") == "header" &&
                              equal_ignoring_case(parameter.value("name", ""), "content-encoding"));
    }
    if (operation.empty()) return;
    route.takes_body = operation.contains("requestBody");
    if (!route.takes_body) return;
    const auto content = operation["requestBody"].value("content", nlohmann::json::object());
    for (const auto& [type, unused] : content.items()) route.body_types.push_back(lowered(type));
}

void read_description(const RouteSpec& spec, Route& route) {
    try {
        const auto document =
            spec.describe.empty() ? nlohmann::json::object() : nlohmann::json::parse(spec.describe);
        const auto operation = document.value("operation", nlohmann::json::object());
        add_query_names(spec, operation, route);
        add_body_types(operation, route);
        const auto schemas = document.value("schemas", nlohmann::json::object());
        for (const auto& [name, schema] : schemas.items()) route.schemas[name] = schema.dump();
    } catch (const nlohmann::json::exception& error) {
        refuse(spec, std::string("describe: ") + error.what());
    }
}

}  // namespace

bool Gate::enter() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    ++inside_;
    return true;
}

void Gate::enter_again() {
    const std::lock_guard lock(mutex_);
    ++inside_;
}

void Gate::leave() {
    std::function<void()> action;
    {
        const std::lock_guard lock(mutex_);
        if (--inside_ > 0) return;
        if (closed_) action = std::exchange(action_, nullptr);
        empty_.notify_all();
    }
    if (action) action();
}

void Gate::open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
}

void Gate::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
}

bool Gate::wait_empty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return empty_.wait_until(lock, deadline, [this] { return inside_ == 0; });
}

void Gate::when_empty(std::function<void()> action) {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        if (inside_ > 0) {
            action_ = std::move(action);
            return;
        }
    }
    action();
}

RoutePtr make_route(std::string_view owner, RouteSpec spec, std::shared_ptr<Gate> gate) {
    if (access_name(spec.access).empty()) {
        refuse(spec,
               "access " + std::to_string(spec.access) +
                   ", expected public, admin, master or "
                   "internal");
    }
    if (std::find(kMethods.begin(), kMethods.end(), spec.method) == kMethods.end()) {
        refuse(spec, "method, expected GET, POST, PUT, PATCH, DELETE or HEAD");
    }
    if (!spec.handler) refuse(spec, "no handler");
    auto route = std::make_shared<Route>();
    route->owner = owner;
    route->segments = split_pattern(spec);
    read_description(spec, *route);
    route->spec = std::move(spec);
    route->gate = std::move(gate);
    return route;
}

std::string shape_of(const std::vector<std::string>& segments) {
    std::string shape;
    for (const auto& segment : segments) {
        shape.append("/").append(is_parameter(segment) ? "{}" : segment);
    }
    return shape;
}

std::string_view access_name(int32_t access) noexcept {
    switch (access) {
        case EZ_PUBLIC:
            return "public";
        case EZ_ADMIN:
            return "admin";
        case EZ_MASTER:
            return "master";
        case EZ_INTERNAL_ONLY:
            return "internal";
        default:
            return {};
    }
}

}  // namespace ezapi::host::http
