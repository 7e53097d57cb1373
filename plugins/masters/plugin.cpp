// Masters: the tenants. A master has one key, may use some namespaces, and issues tokens within its
// limits (see the keys plugin).
#include "ezapi/plugin.hpp"

#include "authenticator.hpp"
#include "ezapi/resource.hpp"
#include "ezapi/services/namespaces.hpp"
#include "manage.hpp"
#include "master.hpp"
#include "projection.hpp"
#include "reading.hpp"

namespace ezapi::masters {

namespace {

class Masters {
public:
    explicit Masters(Host& host)
        : db_(host.db()),
          namespaces_(host, "masters", &count_in_namespace),
          entity_(master_spec(namespaces_)),
          authenticator_(host.db()),
          reading_(host) {
        serve(host, entity_, {.path = "/admin/masters", .tag = "masters"});
        serve_manage(host, entity_);
        host.get("/v1/self",
                 Access::master,
                 cacheable(Operation("Reads the master that calls"))
                     .tag("masters")
                     .schema("Master", entity_schema(entity_.spec()))
                     .returns(200, "Master"),
                 [this](const Request& request) { return self(request); });
        host.project(projection());
        host.publish("masters/1", Reading::kTable, &reading_);
        host.publish("authenticator/1", Authenticator::kTable, &authenticator_);
    }

private:
    [[nodiscard]] Response self(const Request& request) const {
        const std::int64_t id = request.identity().id;
        const auto record = entity_.find(db_, id);
        if (!record) throw entity_.missing(id);
        return read_response(request, *record, std::to_string(id) + ".");
    }

    Db db_;
    NamespaceWatch namespaces_;
    Resource entity_;
    Authenticator authenticator_;
    Reading reading_;
};

}  // namespace

}  // namespace ezapi::masters

EZ_PLUGIN(ezapi::masters::Masters, .name = "masters", .version = "1.0.0", .after = {"namespaces"});
