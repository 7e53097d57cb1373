// Which route a path leads to. A Table is immutable: it is built anew when routes come or go and
// swapped as a whole, so that a request sees either all routes of a plugin or none.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/http/routing/route.hpp"

namespace ezapi::host::http {

struct Match {
    RoutePtr route;  // NULL: the path is known, the method is not
    std::vector<std::pair<std::string, std::string>> params;  // decoded
    std::vector<std::string> allowed;  // methods of the path, with HEAD and OPTIONS, sorted
};

class Table {
public:
    Table() = default;
    explicit Table(const std::vector<RoutePtr>& routes);

    /// Nothing when no pattern has this path. Static segments win over parameters, segment by
    /// segment; GET routes answer HEAD.
    [[nodiscard]] std::optional<Match> find(std::string_view method, std::string_view path) const;

    [[nodiscard]] const std::vector<RoutePtr>& routes() const noexcept { return routes_; }

private:
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
        std::unique_ptr<Node> parameter;
        std::map<std::string, RoutePtr, std::less<>> methods;
    };

    static const Node* descend(const Node& node,
                               const std::vector<std::string>& path,
                               size_t depth);

    std::vector<RoutePtr> routes_;
    Node root_;
};

/// Why `added` cannot stand beside `routes`: throws EZ_CONFLICT naming the owner in the way.
void check_conflict(const std::vector<RoutePtr>& routes, const Route& added);

/// The same for the schemas that its description names: one name, one schema.
void check_schemas(const std::vector<RoutePtr>& routes, const Route& added);

}  // namespace ezapi::host::http
