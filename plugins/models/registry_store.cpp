#include "registry_store.hpp"

#include <algorithm>

#include "ezapi/changes.hpp"
#include "model_snapshot.hpp"

namespace ezapi::models {

namespace {

constexpr size_t kBatch = 1000;
constexpr const char* kRecordset =
    "jsonb_to_recordset($1::jsonb) AS n(name text, kind text, context_window bigint, "
    "max_output_tokens bigint, cost_per_token numeric, supports_vision boolean, "
    "supports_functions boolean, supports_tool_choice boolean, supports_fim boolean, "
    "supports_stream boolean)";

Json optional_json(const std::optional<std::int64_t>& value) {
    return value ? Json(*value) : Json();
}

Json row_json(const RegistryModel& model) {
    return {{"name", model.name},
            {"kind", model.kind},
            {"context_window", optional_json(model.context_window)},
            {"max_output_tokens", optional_json(model.max_output_tokens)},
            // As text, so that the decimal is passed exactly.
            {"cost_per_token", model.cost_per_token.empty() ? Json() : Json(model.cost_per_token)},
            {"supports_vision", model.supports_vision},
            {"supports_functions", model.supports_functions},
            {"supports_tool_choice", model.supports_tool_choice},
            {"supports_fim", model.supports_fim},
            {"supports_stream", model.supports_stream}};
}

/// Collects the names of written models, to be marked for the data plane.
class Touched {
public:
    explicit Touched(Tx& tx) : tx_(tx) {}

    size_t add(const Rows& rows) {
        std::vector<Change> changes;
        changes.reserve(rows.size());
        for (size_t row = 0; row < rows.size(); ++row)
            changes.push_back({.resource = kModels, .id = rows.text(row, 0)});
        if (!changes.empty()) tx_.changed(changes);
        return rows.size();
    }

private:
    Tx& tx_;
};

size_t write_models(Tx& tx,
                    const std::vector<const RegistryModel*>& models,
                    const std::string& sql) {
    Touched touched(tx);
    size_t written = 0;
    for (size_t first = 0; first < models.size(); first += kBatch) {
        Json rows = Json::array();
        for (size_t i = first; i < std::min(models.size(), first + kBatch); ++i)
            rows.push_back(row_json(*models[i]));
        written += touched.add(tx.query(sql, {dump_json(rows)}));
    }
    return written;
}

size_t create_models(Tx& tx, const std::vector<const RegistryModel*>& models) {
    static const std::string kSql =
        std::string(
            "INSERT INTO models (name, kind, context_window, max_output_tokens, cost_per_token, "
            "supports_vision, supports_functions, supports_tool_choice, supports_fim, "
            "supports_stream, source) SELECT n.*, 'registry' FROM ") +
        kRecordset + " ON CONFLICT (name) DO NOTHING RETURNING name";
    return write_models(tx, models, kSql);
}

size_t update_models(Tx& tx, const std::vector<const RegistryModel*>& models) {
    static const std::string kSql =
        std::string(
            "UPDATE models m SET kind = n.kind, context_window = n.context_window, "
            "max_output_tokens = n.max_output_tokens, cost_per_token = n.cost_per_token, "
            "supports_vision = n.supports_vision, supports_functions = n.supports_functions, "
            "supports_tool_choice = n.supports_tool_choice, supports_fim = n.supports_fim, "
            "supports_stream = n.supports_stream, version = m.version + 1, updated_at = now() "
            "FROM ") +
        kRecordset + " WHERE m.name = n.name AND m.source = 'registry' RETURNING m.name";
    return write_models(tx, models, kSql);
}

size_t remove_models(Tx& tx, const std::vector<std::string>& names) {
    Touched touched(tx);
    size_t removed = 0;
    for (size_t first = 0; first < names.size(); first += kBatch) {
        const auto batch = std::span(names).subspan(first, std::min(kBatch, names.size() - first));
        removed += touched.add(tx.query(
            "DELETE FROM models WHERE source = 'registry' AND name = ANY($1::text[]) RETURNING "
            "name",
            {pg_array(batch)}));
    }
    return removed;
}

/// Returns whether the document's metadata for the data plane has changed.
bool store_provenance(Tx& tx, const RefreshCounts& counts, const Provenance& from) {
    const Rows rows = tx.query(
        "UPDATE model_registry r SET source = 'models.dev', version = $1, upstream_url = $2, "
        "upstream_ref = $3, etag = $4, last_origin = $5, last_counts = $6::jsonb, last_error = "
        "nullif($7, ''), last_refresh_at = now(), last_success_at = now() FROM (SELECT source, "
        "version, upstream_url, upstream_ref FROM model_registry) AS old RETURNING (old.source, "
        "old.version, old.upstream_url, old.upstream_ref) <> (r.source, r.version, r.upstream_url, "
        "r.upstream_ref)",
        {from.version,
         from.upstream_url,
         from.upstream_ref,
         from.etag,
         from.origin,
         dump_json(counts.json()),
         from.failure});
    return rows.boolean(0, 0);
}

/// Records one operation: a refresh is one action, however many models it writes.
void record_refresh(Tx& tx, const RefreshCounts& counts, const Provenance& from) {
    Json after = counts.json();
    after["version"] = from.version;
    const std::string text = dump_json(after);
    tx.changed({.resource = "model-registry", .id = "models", .action = EZ_UPDATED, .after = text});
}

}  // namespace

Json RefreshCounts::json() const {
    return {{"created", created},
            {"updated", updated},
            {"removed", removed},
            {"unchanged", unchanged},
            {"skipped", skipped},
            {"partial", partial},
            {"kept", kept},
            {"problems", problems},
            {"manual", manual}};
}

void lock_registry(Tx& tx) {
    tx.query("SELECT 1 FROM model_registry FOR UPDATE");
}

StoredModels stored_models(Tx& tx) {
    const Rows rows = tx.query(
        "SELECT name, kind, context_window, max_output_tokens, trim_scale(cost_per_token), "
        "supports_vision, supports_functions, supports_tool_choice, supports_fim, supports_stream, "
        "source FROM models");
    StoredModels out;
    for (size_t row = 0; row < rows.size(); ++row) {
        StoredModel stored;
        stored.model = {.name = std::string(rows.text(row, 0)),
                        .kind = std::string(rows.text(row, 1)),
                        .context_window = rows.optional_integer(row, 2),
                        .max_output_tokens = rows.optional_integer(row, 3),
                        .cost_per_token = std::string(rows.text(row, 4)),
                        .supports_vision = rows.boolean(row, 5),
                        .supports_functions = rows.boolean(row, 6),
                        .supports_tool_choice = rows.boolean(row, 7),
                        .supports_fim = rows.boolean(row, 8),
                        .supports_stream = rows.boolean(row, 9)};
        stored.manual = rows.text(row, 10) == "manual";
        std::string name = stored.model.name;
        out.emplace(std::move(name), std::move(stored));
    }
    return out;
}

RefreshCounts apply_plan(Tx& tx,
                         const RegistryPlan& plan,
                         const RegistryDocument& document,
                         const Provenance& provenance) {
    RefreshCounts counts;
    counts.removed = remove_models(tx, plan.removed);
    counts.updated = update_models(tx, plan.updated);
    counts.created = create_models(tx, plan.created);
    counts.unchanged = plan.unchanged;
    counts.manual = plan.manual;
    counts.kept = plan.kept;
    counts.skipped = document.skipped;
    counts.partial = document.partial;
    counts.problems = document.problems;
    const bool wrote = counts.removed + counts.updated + counts.created > 0;
    if (store_provenance(tx, counts, provenance) || wrote) tx.touched(kMeta, kModelsMeta);
    if (wrote) record_refresh(tx, counts, provenance);
    return counts;
}

void note_failure(const Db& db, const std::string& reason) {
    db.query("UPDATE model_registry SET last_error = $1, last_refresh_at = now()", {reason});
}

Json registry_state(const Db& db) {
    const Rows rows = db.query(
        "SELECT version, etag, last_origin, last_counts, last_error, last_refresh_at, "
        "last_success_at, (SELECT count(*) FROM models WHERE source = 'registry') FROM "
        "model_registry");
    const auto text = [&](size_t column) {
        return rows.text(0, column).empty() ? Json() : Json(rows.text(0, column));
    };
    const auto time = [&](size_t column) {
        const auto at = rows.time(0, column);
        return at ? Json(format_time(*at)) : Json();
    };
    return {{"version", text(0)},
            {"etag", text(1)},
            {"source", text(2)},
            {"counts", rows.is_null(0, 3) ? Json() : Json::parse(rows.text(0, 3))},
            {"last_error", text(4)},
            {"last_refresh_at", time(5)},
            {"last_success_at", time(6)},
            {"models", rows.integer(0, 7)}};
}

}  // namespace ezapi::models
