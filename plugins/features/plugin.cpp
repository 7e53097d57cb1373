// Feature flags: named JSON values that the data plane reads unchanged.
#include "ezapi/plugin.hpp"

#include "ezapi/resource.hpp"
#include "flag.hpp"
#include "projection.hpp"

namespace ezapi::features {

namespace {

class Features {
public:
    explicit Features(Host& host) : flags_(flag_spec()) {
        serve(host, flags_, {.path = "/admin/features", .tag = "features", .by = "name"});
        host.project(projection());
    }

private:
    Resource flags_;
};

}  // namespace

}  // namespace ezapi::features

EZ_PLUGIN(ezapi::features::Features, .name = "features", .version = "1.0.0");
