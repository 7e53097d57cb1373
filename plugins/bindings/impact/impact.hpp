// GET /admin/api-keys/{id}/impact: which models are lost or reduced, and for how many tokens, when
// an upstream API key stops serving. The path belongs to the API keys, but the route is served
// here, because only bindings make models depend on an API key. Tokens are counted by the keys
// plugin; without it the answer has no token counts.
//
// The work is bounded: at most kMostModels models and kMostClasses classes of tokens are examined.
// Beyond that the answer is marked as incomplete and its counts are lower bounds.
#pragma once

#include "ezapi/services/keys.hpp"
#include "ezapi/services/namespaces.hpp"
#include "groups.hpp"

namespace ezapi::bindings {

class Impact {
public:
    static constexpr size_t kMostModels = 20'000;
    static constexpr size_t kMostClasses = 200'000;

    /// Both must outlive it, and it the routes.
    Impact(const Host& host, const ProviderGroups& groups, const NamespaceWatch& namespaces);

    void serve(Host& host);

private:
    [[nodiscard]] Response answer(const Request& request) const;

    Db db_;
    const ProviderGroups& groups_;
    const NamespaceWatch& namespaces_;
    Keys keys_;
};

}  // namespace ezapi::bindings
