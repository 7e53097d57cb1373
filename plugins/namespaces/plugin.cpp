// Namespaces: the names under which tenants see models. Other entities refer to a namespace by
// name, so the name never changes, and a namespace that is in use cannot be deleted.
#include "ezapi/plugin.hpp"

#include "ezapi/resource.hpp"
#include "namespace.hpp"
#include "projection.hpp"
#include "usage.hpp"

namespace ezapi::namespaces {

namespace {

class Namespaces {
public:
    explicit Namespaces(Host& host) : usage_(host), entity_(namespace_spec(usage_)) {
        serve(host, entity_, {.path = "/admin/namespaces", .tag = "namespaces"});
        host.project(projection());
        host.publish("namespaces/1", Usage::kTable, &usage_);
    }

private:
    Usage usage_;
    Resource entity_;
};

}  // namespace

}  // namespace ezapi::namespaces

EZ_PLUGIN(ezapi::namespaces::Namespaces, .name = "namespaces", .version = "1.0.0");
