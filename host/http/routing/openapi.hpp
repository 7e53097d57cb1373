// The OpenAPI 3.0.3 document of the live routes. Each route provides its operation and schemas;
// added here is what all have in common: security by access, path parameters, problem replies,
// unique operation ids, tags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/http/routing/route.hpp"

namespace ezapi::host::http {

struct ApiInfo {
    std::string title = "EZ-API";
    std::string version;
};

/// Routes whose description says "hidden" are left out.
[[nodiscard]] std::string compose_openapi(const ApiInfo& info, const std::vector<RoutePtr>& routes);

}  // namespace ezapi::host::http
