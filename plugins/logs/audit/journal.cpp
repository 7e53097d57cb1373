#include "audit/journal.hpp"

#include <chrono>
#include <utility>

namespace ezapi::logs {
namespace {

constexpr std::chrono::seconds kSealing{1};

FeedSpec operation_logs() {
    return {
        .table = "operation_logs",
        .schema = "OperationLog",
        .fields = fields(
            choice("actor_kind", {"admin", "master", "internal", "public", "system"}).filterable(),
            integer("actor_id").nullable().filterable().about("Of a master: its id"),
            text("actor").filterable().about("Who did it; of the system: the plugin"),
            choice("action", {"create", "update", "delete"}).filterable(),
            text("resource").filterable(),
            text("resource_id").filterable(),
            choice("status", {"committed"}).about("Rows exist for committed operations only"),
            object("before").nullable().about("The entity before it, secrets masked"),
            object("after").nullable().about("The entity after it, secrets masked"),
            text("ip").nullable().filterable(),
            text("request_id").nullable().filterable(),
            text("method").nullable(),
            text("path").nullable(),
            time("created_at")),
        .range = "created_at"};
}

}  // namespace

Journal::Journal(Db db)
    : db_(std::move(db)), feed_(operation_logs()), sealer_(db_), verification_(db_) {}

void Journal::serve(Host& host) const {
    host.get("/admin/operation-logs",
             Access::admin,
             feed_.operation("Lists what was created, updated and deleted").tag("logs"),
             [this](const Request& request) { return feed_.page(db_, request); });
    verification_.serve(host);
    host.every("operation-log-sealing", kSealing, Scope::cluster, [this](const Run& run) {
        sealer_.run(run);
    });
}

}  // namespace ezapi::logs
