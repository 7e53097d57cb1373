// Bindings: which provider groups serve a public model, and by which upstream model. What the data
// plane routes by is rendered here.
#include "ezapi/plugin.hpp"

#include "binding.hpp"
#include "ezapi/resource.hpp"
#include "groups.hpp"
#include "namespaces/named.hpp"
#include "reactions.hpp"
#include "snapshot.hpp"

namespace ezapi::bindings {

namespace {

class Bindings {
public:
    explicit Bindings(Host& host)
        : namespaces_(host, "bindings", count_in_namespace),
          groups_(host),
          entity_(binding_spec()) {
        serve(host, entity_, {.path = "/admin/bindings", .tag = "bindings"});
        host.project(projection(groups_, namespaces_));
        follow_changes(host);
    }

private:
    namespaces::Named namespaces_;
    GroupReader groups_;
    Resource entity_;
};

}  // namespace

}  // namespace ezapi::bindings

EZ_PLUGIN(ezapi::bindings::Bindings,
          .name = "bindings",
          .version = "1.0.0",
          .depends_on = {"provider-groups", "namespaces"});
