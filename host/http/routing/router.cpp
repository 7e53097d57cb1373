#include "host/http/routing/router.hpp"

#include <algorithm>

#include "ezapi/error.hpp"
#include "host/http/wire/target.hpp"

namespace ezapi::host::http {

Table::Table(const std::vector<RoutePtr>& routes) : routes_(routes) {
    for (const auto& route : routes_) {
        Node* node = &root_;
        for (const auto& segment : route->segments) {
            auto& next = is_parameter(segment) ? node->parameter : node->fixed[segment];
            if (!next) next = std::make_unique<Node>();
            node = next.get();
        }
        node->methods[route->spec.method] = route;
    }
}

const Table::Node* Table::descend(const Node& node,
                                  const std::vector<std::string>& path,
                                  size_t depth) {
    if (depth == path.size()) return node.methods.empty() ? nullptr : &node;
    const auto fixed = node.fixed.find(path[depth]);
    if (fixed != node.fixed.end()) {
        if (const Node* found = descend(*fixed->second, path, depth + 1)) return found;
    }
    // An empty segment is the end of "/a/", which does not match "/a/{id}".
    if (!node.parameter || path[depth].empty()) return nullptr;
    return descend(*node.parameter, path, depth + 1);
}

std::optional<Match> Table::find(std::string_view method, std::string_view path) const {
    auto segments = segments_of(path);
    const Node* node = descend(root_, segments, 0);
    if (node == nullptr) return std::nullopt;
    Match match;
    auto route = node->methods.find(method);
    if (route == node->methods.end() && method == "HEAD") route = node->methods.find("GET");
    if (route != node->methods.end()) {
        match.route = route->second;
        for (size_t i = 0; i < segments.size(); ++i) {
            const std::string& segment = match.route->segments[i];
            if (!is_parameter(segment)) continue;
            match.params.emplace_back(segment.substr(1, segment.size() - 2),
                                      std::move(segments[i]));
        }
        return match;
    }
    match.allowed.emplace_back("OPTIONS");
    for (const auto& [name, unused] : node->methods) match.allowed.push_back(name);
    if (node->methods.contains("GET") && !node->methods.contains("HEAD")) {
        match.allowed.emplace_back("HEAD");
    }
    std::sort(match.allowed.begin(), match.allowed.end());
    return match;
}

void check_conflict(const std::vector<RoutePtr>& routes, const Route& added) {
    const std::string shape = shape_of(added.segments);
    for (const auto& route : routes) {
        if (shape_of(route->segments) != shape) continue;
        const std::string what = "route " + added.spec.method + " " + added.spec.pattern;
        if (route->spec.pattern != added.spec.pattern) {
            throw Error(EZ_CONFLICT,
                        what + ": " + route->owner + " has the same path as " +
                            route->spec.pattern + ", with another parameter name");
        }
        if (route->spec.method == added.spec.method) {
            throw Error(EZ_CONFLICT, what + ": already belongs to " + route->owner);
        }
    }
}

void check_schemas(const std::vector<RoutePtr>& routes, const Route& added) {
    for (const auto& [name, schema] : added.schemas) {
        for (const auto& route : routes) {
            const auto other = route->schemas.find(name);
            if (other == route->schemas.end() || other->second == schema) continue;
            throw Error(EZ_CONFLICT,
                        "route " + added.spec.method + " " + added.spec.pattern + ": schema " +
                            name + " differs from the one of " + route->spec.method + " " +
                            route->spec.pattern + " of " + route->owner);
        }
    }
}

}  // namespace ezapi::host::http
