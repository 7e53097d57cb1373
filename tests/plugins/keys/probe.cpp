// A plugin for the tests of masters and keys that provides routes to what only other plugins can
// access: it reads projections, remembers touched entities, and forwards calls to the service
// "keys/1".
#include <map>
#include <mutex>
#include <set>

#include "ezapi/plugin.hpp"
#include "ezapi/services/keys.h"

namespace ezapi::probe {

namespace {

Operation operation(std::string_view summary) {
    return Operation(summary).tag("probe").returns(200, Json{{"type", "object"}});
}

ez_status keep_entity(void* user, const ez_projected* entity) noexcept {
    return guard(nullptr, [&] {
        Json fields;
        for (size_t i = 0; i < entity->field_count; ++i)
            fields[std::string(view(entity->fields[i].name))] = view(entity->fields[i].value);
        (*static_cast<Json*>(user))[std::string(view(entity->id))] =
            entity->present != 0 ? fields : Json();
    });
}

ez_status keep_key(void* user, const ez_key* key) noexcept {
    return guard(nullptr, [&] {
        *static_cast<Json*>(user) = {{"id", key->id},
                                     {"version", key->version},
                                     {"master_id", key->master_id},
                                     {"epoch", key->epoch},
                                     {"expires_at", key->expires_at},
                                     {"quota_limit", key->quota_limit},
                                     {"quota_used", key->quota_used},
                                     {"qps_limit", key->qps_limit},
                                     {"name", view(key->name)},
                                     {"status", view(key->status)},
                                     {"group", view(key->group)},
                                     {"namespaces", view(key->namespaces)},
                                     {"models", view(key->models)}};
    });
}

class Probe {
public:
    explicit Probe(Host& host)
        : host_(host), db_(host.db()), keys_(host.find_optional<ez_keys_v1>("keys/1")) {
        for (const char* resource : {"auth:master", "auth:token"}) {
            host.on_change(resource, Phase::record, [this](Tx&, Changes changes) {
                const std::lock_guard lock(mutex_);
                for (const ez_change& change : changes)
                    touched_.insert(std::string(view(change.id)));
            });
        }
        host.get("/probe/touched", Access::anyone, operation("Says and forgets"), [this](auto&) {
            const std::lock_guard lock(mutex_);
            return Response::json({{"ids", std::exchange(touched_, {})}});
        });
        host.get("/probe/render/{resource}/{id}",
                 Access::anyone,
                 operation("Renders").path("resource", text_schema()).path("id", text_schema()),
                 [this](const Request& request) { return render(request); });
        host.get("/probe/scan/{resource}/{limit}",
                 Access::anyone,
                 operation("Scans all, page by page")
                     .path("resource", text_schema())
                     .path("limit", integer_schema()),
                 [this](const Request& request) { return scan(request); });
        host.get("/probe/keys/{id}",
                 Access::anyone,
                 operation("Finds by id or hash").path("id", text_schema()),
                 [this](const Request& request) { return find(request); });
        host.write("POST",
                   "/probe/usage",
                   Access::anyone,
                   operation("Adds usage").body({{"type", "object"}}),
                   [this](const Request& request, Tx& tx) { return usage(request, tx); });
    }

private:
    Response render(const Request& request) const {
        Tx tx = db_.begin();
        Json out = Json::object();
        const ez_str id = str(request.param("id"));
        check([&](ez_error* error) {
            return host_.abi()->changes->render(host_.abi()->context,
                                                tx.handle(),
                                                str(request.param("resource")),
                                                &id,
                                                1,
                                                &keep_entity,
                                                &out,
                                                error);
        });
        return Response::json(out);
    }

    Response scan(const Request& request) const {
        Tx tx = db_.begin();
        Json all = Json::object();
        const auto limit = static_cast<size_t>(request.id("limit"));
        std::string after;
        for (size_t pages = 0; pages < 1000; ++pages) {
            Json page = Json::object();
            check([&](ez_error* error) {
                return host_.abi()->changes->scan(host_.abi()->context,
                                                  tx.handle(),
                                                  str(request.param("resource")),
                                                  str(after),
                                                  limit,
                                                  &keep_entity,
                                                  &page,
                                                  error);
            });
            all.update(page);
            if (page.size() < limit) break;
            after = std::prev(page.end()).key();  // objects are ordered bytewise
        }
        return Response::json(all);
    }

    Response find(const Request& request) const {
        Tx tx = db_.begin();
        Json out;
        const std::string_view id = request.param("id");
        if (id.size() == 64) {
            keys_.call<&ez_keys_v1::find_by_hash>(
                tx.handle(), str(id), &keep_key, static_cast<void*>(&out));
        } else {
            keys_.call<&ez_keys_v1::find_by_id>(
                tx.handle(), request.id(), &keep_key, static_cast<void*>(&out));
        }
        return Response::json({{"key", out}});
    }

    Response usage(const Request& request, Tx& tx) const {
        const Json body = request.object();
        std::vector<ez_key_usage> items;
        for (const Json& item : body.at("items")) {
            items.push_back({sizeof(ez_key_usage),
                             item.value("key_id", std::int64_t{0}),
                             item.contains("token_hash")
                                 ? str(item["token_hash"].get_ref<const std::string&>())
                                 : ez_str{nullptr, 0},
                             item.value("requests", std::int64_t{0}),
                             item.value("tokens_in", std::int64_t{0}),
                             item.value("tokens_out", std::int64_t{0}),
                             item.value("last_used_at", std::int64_t{0})});
        }
        std::vector<std::int32_t> unknown(items.size(), -1);
        keys_.call<&ez_keys_v1::usage>(tx.handle(), items.data(), items.size(), unknown.data());
        return Response::json({{"unknown", unknown}});
    }

    Host& host_;
    Db db_;
    Service<ez_keys_v1> keys_;
    std::mutex mutex_;
    std::set<std::string> touched_;
};

}  // namespace

}  // namespace ezapi::probe

EZ_PLUGIN(ezapi::probe::Probe,
          .name = "probe",
          .version = "1.0.0",
          .depends_on = {"masters"},
          .after = {"keys"});
