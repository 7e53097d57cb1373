// Bindings: which provider groups serve a public model, and with which upstream model. Renders the
// routing table of the data plane.
#include "ezapi/plugin.hpp"

#include "binding.hpp"
#include "explain/explanation.hpp"
#include "ezapi/resource.hpp"
#include "ezapi/services/namespaces.hpp"
#include "groups.hpp"
#include "impact/impact.hpp"
#include "reactions.hpp"
#include "snapshot.hpp"

namespace ezapi::bindings {

namespace {

class Bindings {
public:
    explicit Bindings(Host& host)
        : namespaces_(host, "bindings", count_in_namespace),
          groups_(host),
          entity_(binding_spec()),
          facts_(host, groups_),
          impact_(host, groups_, namespaces_) {
        serve(host, entity_, {.path = "/admin/bindings", .tag = "bindings"});
        host.project(projection(groups_, namespaces_));
        follow_changes(host);
        serve_explanation(host, facts_);
        impact_.serve(host);
    }

private:
    NamespaceWatch namespaces_;
    ProviderGroups groups_;
    Resource entity_;
    FactReader facts_;
    Impact impact_;
};

}  // namespace

}  // namespace ezapi::bindings

EZ_PLUGIN(ezapi::bindings::Bindings,
          .name = "bindings",
          .version = "1.0.0",
          .depends_on = {"provider-groups", "namespaces"},
          .after = {"masters", "keys"});
