// Keys: the tokens that masters issue. A token never exceeds its master; its representation for the
// data plane is computed here from its row and its master.
#include "ezapi/plugin.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

#include "ezapi/resource.hpp"
#include "issuing.hpp"
#include "key.hpp"
#include "projection.hpp"
#include "quota_lag.hpp"
#include "rotation.hpp"
#include "service.hpp"
#include "upkeep.hpp"

namespace ezapi::keys {

namespace {

constexpr const char* kSettings = R"({"type": "object", "properties": {
    "quota_reset_interval_seconds": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 300,
        "x-env": "EZ_QUOTA_RESET_INTERVAL_SECONDS",
        "description": "Seconds between two looks for quotas that begin anew"}}})";

class Keys {
public:
    explicit Keys(Host& host)
        : db_(host.db()),
          masters_(host),
          namespaces_(host, "keys", &count_in_namespace),
          issuing_(masters_, namespaces_),
          entity_(key_spec(issuing_)),
          tokens_(masters_),
          lag_(std::make_shared<QuotaLag>(host.db())),
          service_(host, masters_, tokens_, lag_),
          upkeep_(host.db(), masters_) {
        serve_collection(host, of_master());
        serve_collection(host, of_caller());
        host.on_change("masters", Phase::derive, [this](Tx& tx, Changes changes) {
            follow_masters(tx, changes, entity_);
        });
        host.project(projection(tokens_));
        host.publish("keys/1", KeysService::kTable, &service_);
        start_jobs(host);
    }

private:
    [[nodiscard]] Collection of_master() const {
        return {.path = "/admin/masters/{master_id}/keys",
                .access = Access::admin,
                .tag = "keys",
                .within = [this](const Request& request) { return path_master(request); },
                .within_param = "master_id"};
    }

    [[nodiscard]] static Collection of_caller() {
        return {.path = "/v1/tokens",
                .access = Access::master,
                .tag = "tokens",
                .within =
                    [](const Request& request) {
                        return Within{.field = "master_id", .id = request.identity().id};
                    },
                .batch = false};
    }

    void serve_collection(Host& host, const Collection& collection) {
        serve(host, entity_, collection);
        serve_rotation(host, entity_, masters_, collection);
    }

    [[nodiscard]] Within path_master(const Request& request) const {
        const std::int64_t id = request.id("master_id");
        // Requests for a single token check the master themselves.
        const bool lists = request.method() != "POST" && request.param("id").empty();
        if (lists || request.path().ends_with("/batch")) {
            Tx tx = db_.begin({.read_only = true});
            (void)masters_.one(tx, id, EZ_MASTER_READ);
        }
        return {.field = "master_id", .id = id};
    }

    void start_jobs(Host& host) {
        const std::chrono::seconds period(
            host.settings().at("quota_reset_interval_seconds").get<int>());
        const auto often = std::min(period, std::chrono::seconds(60));
        host.every(
            "quota-reset",
            period,
            Scope::cluster,
            [this](const Run& run) { upkeep_.reset_quotas(run); },
            true);
        host.every(
            "expiry",
            often,
            Scope::cluster,
            [this](const Run& run) {
                upkeep_.expire_tokens(run);
                upkeep_.drop_retired(run);
            },
            true);
        host.every("tell-quotas", std::chrono::seconds(2), Scope::instance, [this](const Run& run) {
            lag_->tell(run);
        });
    }

    Db db_;
    Masters masters_;
    NamespaceWatch namespaces_;
    Issuing issuing_;
    Resource entity_;
    Tokens tokens_;
    std::shared_ptr<QuotaLag> lag_;
    KeysService service_;
    Upkeep upkeep_;
};

}  // namespace

}  // namespace ezapi::keys

EZ_PLUGIN(ezapi::keys::Keys,
          .name = "keys",
          .version = "1.0.0",
          .depends_on = {"masters"},
          .after = {"namespaces"},
          .settings = ezapi::keys::kSettings);
