// A plugin from outside the tree that uses every service of the project's plugins.
#include <ezapi/plugin.hpp>
#include <ezapi/services/keys.hpp>
#include <ezapi/services/masters.hpp>
#include <ezapi/services/namespaces.hpp>
#include <ezapi/services/provider-groups.hpp>
#include <string>

namespace {

using namespace ezapi;

class Visitor {
public:
    explicit Visitor(Host& host)
        : db_(host.db()),
          masters_(host),
          keys_(host),
          groups_(host),
          namespaces_(host, "visits", [](Tx&, std::string_view name) {
              return std::int64_t{name == "visited" ? 3 : 0};
          }) {
        const auto about = [](const char* summary, const char* parameter) {
            return Operation(summary).tag("visitor").path(parameter, text_schema()).returns(200);
        };
        host.get("/visitor/masters/{id}",
                 Access::admin,
                 about("Reads a master", "id"),
                 [this](const Request& request) { return master(request); });
        host.get("/visitor/keys/{id}",
                 Access::admin,
                 about("Reads a token", "id"),
                 [this](const Request& request) { return key(request); });
        host.get("/visitor/groups/{id}",
                 Access::admin,
                 about("Reads a provider group", "id"),
                 [this](const Request& request) { return group(request); });
        host.get("/visitor/namespaces/{name}",
                 Access::admin,
                 about("Reads a namespace", "name"),
                 [this](const Request& request) { return name_space(request); });
        host.write("POST",
                   "/visitor/keys/{id}/use",
                   Access::admin,
                   about("Counts a request of a token", "id"),
                   [this](const Request& request, Tx& tx) { return use(request, tx); });
    }

private:
    Response master(const Request& request) const {
        Tx tx = db_.begin({.read_only = true});
        const Master found = masters_.one(tx, request.id());
        return Response::json({{"status", found.status}, {"max_child_keys", found.max_child_keys}});
    }

    Response key(const Request& request) const {
        Tx tx = db_.begin({.read_only = true});
        const auto found = keys_.find(tx, request.id());
        std::int64_t valid = 0;
        const bool all =
            keys_.classes(tx, 100, [&](const KeyClass& tokens) { valid += tokens.tokens; });
        if (!found) throw Error(EZ_NOT_FOUND, "no such token");
        return Response::json({{"status", found->status},
                               {"models", found->models},
                               {"quota_used", found->quota_used},
                               {"valid_tokens", valid},
                               {"all", all}});
    }

    Response use(const Request& request, Tx& tx) const {
        const std::array<KeyUsage, 2> usage{
            KeyUsage{.key_id = request.id(), .requests = 1, .tokens_in = 5},
            KeyUsage{.key_id = 999'999, .requests = 1}};
        return Response::json({{"known", keys_.use(tx, usage)}});
    }

    Response group(const Request& request) const {
        Tx tx = db_.begin({.read_only = true});
        Json out = Json::object();
        for (const ProviderGroup& found : groups_.read(tx, {request.id()}))
            out["name"] = found.name;
        for (const UpstreamKey& found : groups_.keys(tx, {request.id()}))
            out["keys"][found.name] = groups_.key(tx, found.id)->usable;
        return Response::json(out);
    }

    Response name_space(const Request& request) const {
        Tx tx = db_.begin();  // missing() locks
        const std::string name(request.param("name"));
        const auto found = namespaces_.find(tx, name);
        return Response::json({{"status", found ? Json(found->status) : Json()},
                               {"missing", namespaces_.missing(tx, {name}).size()},
                               {"suspended", namespaces_.suspended(tx, {name}).size()}});
    }

    Db db_;
    Masters masters_;
    Keys keys_;
    ProviderGroups groups_;
    NamespaceWatch namespaces_;
};

}  // namespace

EZ_PLUGIN(Visitor,
          .name = "visitor",
          .version = "1.0.0",
          .depends_on = {"masters", "keys", "provider-groups", "namespaces"});
