// GET /admin/api-keys/{id}/impact: which models lose what, and how many tokens, when an upstream
// API key stops serving. The route stands beside the API keys and is served here, because what
// hangs on an API key is known from bindings alone: without them it serves nothing. Tokens are
// counted by the keys plugin; where that does not run there are no token counts.
//
// Bounded: at most kMostModels models are looked at, and kMostClasses combinations of what tokens
// may use; beyond that the answer says that it is not complete and what it counts is a lower bound.
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
