// Finds the route of a path. A Table is immutable: it is rebuilt and swapped when routes are added
// or removed, so that a request sees either all routes of a plugin or none.
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
    RoutePtr route;  // NULL: the path exists, the method does not
    std::vector<std::pair<std::string, std::string>> params;  // decoded
    std::vector<std::string> allowed;  // methods of the path, with HEAD and OPTIONS, sorted
};

class Table {
public:
    Table() = default;
    explicit Table(const std::vector<RoutePtr>& routes);

    /// Nothing when no pattern has this path. Static segments take precedence over parameters,
    /// segment by segment; GET routes also serve HEAD.
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

/// Throws EZ_CONFLICT, naming the other owner, if `added` conflicts with one of `routes`.
void check_conflict(const std::vector<RoutePtr>& routes, const Route& added);

/// The same for the schemas of its description: a name must mean the same schema everywhere.
void check_schemas(const std::vector<RoutePtr>& routes, const Route& added);

}  // namespace ezapi::host::http
