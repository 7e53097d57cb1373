#include "routes.hpp"

#include <utility>

#include "nodes/change_state.hpp"

namespace ezapi::sync {
namespace {

FeedSpec outbox_spec() {
    return {.table = "sync_entities",
            .schema = "SyncOutboxEntry",
            .fields =
                fields(text("resource").filterable(),
                       text("key").filterable(),
                       integer("revision"),
                       integer("pushed_revision").about("The last one that reached Redis; 0: none"),
                       choice("state", {"pending", "dead"}).filterable(),
                       integer("attempts"),
                       time("next_attempt_at"),
                       text("claimed_by").nullable().about("The instance that pushes it now"),
                       text("last_error").nullable(),
                       time("created_at").about("Since when it waits"),
                       time("updated_at")),
            .where = "state <> 'applied'"};
}

Json nullable_time() {
    Json out = time_schema();
    out["nullable"] = true;
    return out;
}

Json nullable_text() {
    Json out = text_schema();
    out["nullable"] = true;
    return out;
}

Json count_schema() {
    return integer_schema();
}

Json overview_schema() {
    return object_schema(
        {{"revision", integer_schema()},
         {"recorded_revision", integer_schema()},
         {"outbox",
          object_schema({{"pending", count_schema()},
                         {"dead", count_schema()},
                         {"oldest_seconds", {{"type", "number"}}}})},
         {"last_full_push_at", nullable_time()},
         {"drift",
          object_schema({{"checked_at", nullable_time()},
                         {"found", count_schema()},
                         {"repaired", count_schema()}})},
         {"redis", object_schema({{"connected", boolean_schema()}, {"epoch", nullable_text()}})},
         {"last_error", nullable_text()}});
}

Json full_push_schema() {
    return object_schema({{"resources",
                           array_schema(object_schema({{"resource", text_schema()},
                                                       {"entities", count_schema()},
                                                       {"removed", count_schema()}}))}});
}

/// How old the list of the nodes may be.
constexpr std::chrono::seconds kFresh{1};

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

}  // namespace

Routes::Routes(Parts parts) : parts_(std::move(parts)), state_(parts_.db), outbox_(outbox_spec()) {}

void Routes::serve(Host& host) {
    host.get("/admin/sync",
             Access::admin,
             Operation("Tells how far Redis has followed the database")
                 .tag("sync")
                 .returns(200, "SyncOverview")
                 .schema("SyncOverview", overview_schema()),
             [this](const Request&) { return overview(); });
    host.route("POST",
               "/admin/sync/full",
               Access::admin,
               Operation("Writes everything to Redis once more")
                   .tag("sync")
                   .describe("Answers when it is done. Each resource becomes visible in one step; "
                             "changes go on meanwhile. 409 while a full push is under way.")
                   .returns(200, "SyncFullPush")
                   .schema("SyncFullPush", full_push_schema()),
               [this](const Request&) { return push_all(); });
    host.get("/admin/sync/changes/{revision}",
             Access::admin,
             Operation("Tells whether a change has reached Redis, and the nodes of the data plane")
                 .tag("sync")
                 .describe("The revision is the X-Change-Revision that the write was answered "
                           "with. A node is listed while it reports itself. 404 for a revision "
                           "that is not known, or not any more.")
                 .path("revision", integer_schema())
                 .returns(200, "SyncChange")
                 .schema("SyncChange", change_schema()),
             [this](const Request& request) {
                 return Response::json(
                     change_json(parts_.db, parts_.node_reports, request.id("revision")));
             });
    host.get(
        "/admin/sync/nodes",
        Access::admin,
        Operation("Lists the nodes of the data plane with what they have applied")
            .tag("sync")
            .describe("A node reports itself in Redis every few seconds, and is listed for "
                      "half a minute after its last report. `stale_seconds` is how long it "
                      "has lacked something that was published.")
            .returns(200, object_schema({{"data", NodeReports::schema()}})),
        [this](const Request&) {
            return Response::json({{"data", NodeReports::json(parts_.node_reports.read(kFresh))}});
        });
    serve_outbox(host);
    serve_drift(host);
}

void Routes::serve_outbox(Host& host) {
    host.get("/admin/sync/outbox",
             Access::admin,
             outbox_.operation("Lists entities that are not in Redis yet").tag("sync"),
             [this](const Request& request) { return outbox_.page(parts_.db, request); });
    host.write("POST",
               "/admin/sync/outbox/{id}/retry",
               Access::admin,
               Operation("Tries an entity again, from its first attempt")
                   .tag("sync")
                   .path("id", integer_schema())
                   .header("Idempotency-Key",
                           text_schema(),
                           "Repeats of the request within 24 hours get the first answer")
                   .returns(202,
                            object_schema({{"id", integer_schema()},
                                           {"resource", text_schema()},
                                           {"key", text_schema()},
                                           {"state", state_schema()}})),
               [this](const Request& request, Tx& tx) { return retry(request, tx); });
}

void Routes::serve_drift(Host& host) {
    host.get("/admin/sync/drift",
             Access::admin,
             Operation("Tells what the last comparison of Redis with the database has found")
                 .tag("sync")
                 .describe("Up to 1,000 of the entities that differed are listed, all are counted. "
                           "The digests of a resource are equal where nothing differed.")
                 .returns(200, "SyncDrift")
                 .schema("SyncDrift", DriftCheck::report_schema()),
             [this](const Request&) { return Response::json(parts_.drift_check.report()); });
    host.route("POST",
               "/admin/sync/drift",
               Access::admin,
               Operation("Compares Redis with the database now")
                   .tag("sync")
                   .describe("Answers when it is done. 409 while a comparison is under way.")
                   .body(object_schema({{"repair",
                                         {{"type", "boolean"},
                                          {"default", false},
                                          {"description", "Whether to write what differs"}}}},
                                       {"repair"}))
                   .returns(200, "SyncDrift")
                   .schema("SyncDrift", DriftCheck::report_schema()),
               [this](const Request& request) { return compare(request); });
}

Response Routes::overview() const {
    const SyncState state = state_.read();
    const DriftState drift = state_.drift();
    const Depth depth = parts_.ledger.depth();
    bool connected = !parts_.breaker.away();
    std::string last_error = connected ? state.last_error : parts_.breaker.reason();
    if (last_error.empty() && depth.failing + depth.dead > 0)
        last_error = parts_.ledger.last_fault();
    Json epoch = nullptr;
    if (connected) {
        try {
            const Reply held = parts_.redis.command({"HGET", std::string(kMetaKey), "epoch"});
            if (!held.is_nil()) epoch = std::string(held.string());
        } catch (const Error& error) {
            connected = false;
            last_error = error.what();
        }
    }
    return Response::json(
        {{"revision", state.published_revision},
         {"recorded_revision", state.last_revision},
         {"outbox",
          {{"pending", depth.pending},
           {"dead", depth.dead},
           {"oldest_seconds", depth.oldest_seconds}}},
         {"last_full_push_at",
          state.last_full_push_at ? Json(format_time(*state.last_full_push_at)) : Json(nullptr)},
         {"drift",
          {{"checked_at", drift.checked_at ? Json(format_time(*drift.checked_at)) : Json(nullptr)},
           {"found", drift.found},
           {"repaired", drift.repaired}}},
         {"redis", {{"connected", connected}, {"epoch", epoch}}},
         {"last_error", text_or_null(last_error)}});
}

Response Routes::push_all() const {
    {
        Tx tx = parts_.db.begin();
        tx.changed({.resource = "sync", .id = "full", .action = EZ_UPDATED});
        tx.commit();
    }
    const FullPushResult result = parts_.watch.push_all([] { return false; });
    if (const std::string fault = result.fault(); !fault.empty())
        throw Error(EZ_UNAVAILABLE, "full push is not complete: " + fault).with_code("incomplete");
    Json resources = Json::array();
    for (const FullPushResult::Resource& resource : result.resources) {
        resources.push_back({{"resource", resource.name},
                             {"entities", resource.entities},
                             {"removed", resource.removed}});
    }
    return Response::json({{"resources", std::move(resources)}});
}

Response Routes::compare(const Request& request) const {
    const Json body = request.body().empty() ? Json::object() : request.object();
    Faults faults;
    for (const auto& [name, value] : body.items()) {
        if (name != "repair") faults.add(name, "unknown", "no such field; known: repair");
        if (name == "repair" && !value.is_boolean())
            faults.add(name, "type", "expected true or false");
    }
    faults.raise();
    const bool repair = body.value("repair", false);
    if (repair) {
        Tx tx = parts_.db.begin();
        tx.changed({.resource = "sync", .id = "drift", .action = EZ_UPDATED});
        tx.commit();
    }
    (void)parts_.drift_check.run(repair ? DriftCheck::Act::repair : DriftCheck::Act::report,
                                 DriftCheck::Speed::full,
                                 {},
                                 [] { return false; });
    return Response::json(parts_.drift_check.report());
}

Response Routes::retry(const Request& request, Tx& tx) const {
    const std::int64_t id = request.id();
    const auto entity = Ledger::reopen(tx, id);
    if (!entity)
        throw Error(EZ_NOT_FOUND,
                    "outbox " + std::to_string(id) + ": no such entry, or it is in Redis by now");
    const std::string after =
        dump_json({{"resource", entity->resource}, {"key", entity->key}, {"state", "pending"}});
    tx.changed({.resource = "sync-outbox",
                .id = std::to_string(id),
                .action = EZ_UPDATED,
                .after = after});
    parts_.push_after(tx, *entity);
    return Response::json(
        {{"id", id}, {"resource", entity->resource}, {"key", entity->key}, {"state", "pending"}},
        202);
}

}  // namespace ezapi::sync
