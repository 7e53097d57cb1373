#include "audit/journal.hpp"

#include <chrono>
#include <utility>

#include "query/address_filter.hpp"

namespace ezapi::logs {
namespace {

constexpr std::chrono::seconds kSealing{1};
constexpr std::chrono::seconds kTakingOver{10};

FeedSpec operation_logs() {
    return {
        .table = "operation_logs",
        .schema = "OperationLog",
        .fields = fields(
            choice("actor_kind", {"admin", "master", "internal", "public", "system"}).filterable(),
            integer("actor_id").nullable().range(1).filterable().about("Of a master: its id"),
            text("actor").filterable().about("Who did it; of the system: the plugin"),
            choice("action", {"create", "update", "delete"}).filterable(),
            text("resource").filterable(),
            text("resource_id").filterable(),
            choice("status", {"committed"}).about("Rows exist for committed operations only"),
            object("before").nullable().about("The entity before it, secrets masked"),
            object("after").nullable().about("The entity after it, secrets masked"),
            text("ip").nullable(),
            text("request_id").nullable().filterable(),
            boolean("request_id_given")
                .about("Whether the client chose the request id, so that it proves nothing"),
            text("method").nullable(),
            text("path").nullable(),
            time("created_at")),
        .range = "created_at",
        .filters = {address_filter("ip", "ip = $?", "Only rows of this address, in any form")}};
}

bool signed_before(const Db& db) {
    return !read_head(
                db.query("SELECT " + std::string(kHeadColumns) + " FROM operation_chain_head head"))
                .key_id.empty();
}

}  // namespace

Journal::Journal(Host& host)
    : db_(host.db()),
      feed_(operation_logs()),
      keys_(AuditKeys::load(host, /*may_make=*/!signed_before(db_))),
      anchors_(std::filesystem::path(host.settings().at("state_dir").get<std::string>()) /
               "audit-anchors"),
      sealer_(db_, host.log(), keys_, anchors_),
      anchoring_(host, keys_, anchors_),
      verification_(db_, keys_, anchors_) {}

void Journal::serve(Host& host) {
    host.get("/admin/operation-logs",
             Access::admin,
             feed_.operation("Lists what was created, updated and deleted").tag("logs"),
             [this](const Request& request) { return feed_.page(db_, request); });
    verification_.serve(host);
    host.every(
        "operation-log-gaps",
        kTakingOver,
        Scope::cluster,
        [db = db_](const Run& run) { take_over_gaps(db, run); },
        /*at_start=*/true);
    if (!keys_.can_sign()) return;
    // On every instance: one with a wrong key must not prevent the others from sealing.
    host.every(
        "operation-log-sealing",
        kSealing,
        Scope::instance,
        [this](const Run& run) { sealer_.run(run); },
        /*at_start=*/true);
    host.every("operation-log-anchoring", kSealing, Scope::instance, [this](const Run& run) {
        anchoring_.run(run);
    });
}

}  // namespace ezapi::logs
