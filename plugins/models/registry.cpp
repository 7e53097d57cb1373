#include "registry.hpp"

#include "outgoing/exchange.hpp"

namespace ezapi::models {

namespace {

constexpr std::string_view kUpstreamHost = "models.dev";
constexpr const char* kUpstreamRepository = "https://github.com/sst/models.dev";
constexpr const char* kUpstreamBranch = "dev";  // the branch that models.dev is built from
constexpr size_t kVersionLength = 12;

Json nullable(Json schema, std::string_view about) {
    schema["nullable"] = true;
    schema["description"] = about;
    return schema;
}

Json counts_schema() {
    Json problems = array_schema(text_schema());
    problems["maxItems"] = RegistryDocument::kMostProblems;
    problems["description"] = "The first of what could not be read, and why";
    return object_schema({{"created", integer_schema()},
                          {"updated", integer_schema()},
                          {"removed", integer_schema()},
                          {"unchanged", integer_schema()},
                          {"skipped", integer_schema()},
                          {"partial", integer_schema()},
                          {"kept", integer_schema()},
                          {"problems", problems},
                          {"manual", integer_schema()}},
                         {"partial", "kept", "problems"});
}

Json source_schema() {
    Json schema = text_schema();
    schema["enum"] = {"upstream", "not_modified", "cache", nullptr};
    return nullable(schema, "Where the document of the last success came from");
}

Json state_schema() {
    Json state = text_schema();
    state["enum"] = {"disabled", "waiting", "ok", "cached", "failed"};
    state["description"] =
        "`cached`: the upstream failed and the last good document is in use; `failed`: the last "
        "refresh changed nothing";
    return object_schema(
        {{"state", state},
         {"enabled", boolean_schema()},
         {"url", text_schema()},
         {"refresh_seconds", integer_schema()},
         {"version", nullable(text_schema(), "Of the document that was applied")},
         {"etag", nullable(text_schema(), "Of the same document")},
         {"source", source_schema()},
         {"counts", nullable(counts_schema(), "Of the last success")},
         {"last_error", nullable(text_schema(), "Of the last refresh")},
         {"last_refresh_at", nullable(time_schema(), "Whether it succeeded or not")},
         {"last_success_at", nullable(time_schema(), "When a document was applied")},
         {"models", integer_schema()}});
}

Operation state_operation() {
    return Operation("Tells the state of the model registry")
        .tag("models")
        .schema("ModelRegistryCounts", counts_schema())
        .schema("ModelRegistry", state_schema())
        .returns(200, "ModelRegistry");
}

Operation refresh_operation() {
    return Operation("Refreshes the models of the registry now")
        .tag("models")
        .describe(
            "Models are named `<provider>.<model>` after the upstream's providers, unless the "
            "setting registry_namespace puts all of them into one namespace. They are a catalogue: "
            "no namespace of that name has to exist. What can be read of the document is read: "
            "`skipped` are entries that cannot, `partial` models of which some members cannot, "
            "whose stored values stay, `kept` models that stay because the place where they would "
            "stand cannot be read. `manual` are those that were written through the API, which "
            "win. A repeat finds nothing left to do, so that Idempotency-Key is refused (400).")
        .query("force",
               {{"type", "boolean"}, {"default", false}},
               "Whether more than half of the registry's models may be removed")
        .schema("ModelRegistryCounts", counts_schema())
        .schema("ModelRegistryRefresh",
                {{"allOf",
                  Json::array({schema_ref("ModelRegistryCounts"),
                               object_schema({{"source", source_schema()},
                                              {"version", text_schema()},
                                              {"etag", nullable(text_schema(), "If it has one")},
                                              {"error",
                                               nullable(text_schema(),
                                                        "Why the upstream was of no use and the "
                                                        "cached document was taken")}})})}})
        .returns(200, "ModelRegistryRefresh");
}

Removal removal_of(const Request& request) {
    const std::string_view force = request.query("force").value_or("false");
    if (force == "true") return Removal::forced;
    if (force == "false") return Removal::guarded;
    throw Error(EZ_INVALID, "force: expected true or false").with_code("invalid_query");
}

}  // namespace

RegistrySettings RegistrySettings::read(const Json& settings) {
    return {.enabled = settings.at("registry_enabled").get<bool>(),
            .refresh = std::chrono::seconds(settings.at("registry_refresh_seconds").get<int>()),
            .cache_dir = settings.at("registry_cache_dir").get<std::string>(),
            .url = settings.at("registry_url").get<std::string>(),
            .name_space = settings.at("registry_namespace").get<std::string>(),
            .allowed_networks = settings.at("registry_allowed_networks").get<std::string>()};
}

Registry::Registry(const Host& host, RegistrySettings settings, FetchLimits limits)
    : db_(host.db()),
      log_(host.log()),
      settings_(std::move(settings)),
      limits_(limits),
      reach_(settings_.allowed_networks),
      cache_(settings_.cache_dir) {}

void Registry::serve(Host& host) {
    host.get("/admin/models/registry", Access::admin, state_operation(), [this](const Request&) {
        return Response::json(state());
    });
    host.route("POST",
               "/admin/models/registry/refresh",
               Access::admin,
               refresh_operation(),
               [this](const Request& request) {
                   return Response::json(refresh(removal_of(request), [] { return false; }));
               });
    if (!settings_.enabled) return;
    host.every(
        "refresh-registry",
        settings_.refresh,
        Scope::cluster,
        [this](const Run& run) { refresh(Removal::guarded, [&run] { return run.stopping(); }); },
        /*at_start=*/true);
}

Json Registry::state() const {
    Json out = registry_state(db_);
    const bool failed = !out["last_error"].is_null();
    // The stored origin is that of the last success. An error with equal times means that this
    // success came from the cache.
    const bool cached = failed && out["last_refresh_at"] == out["last_success_at"];
    out["state"] = !settings_.enabled                 ? "disabled"
                   : out["last_refresh_at"].is_null() ? "waiting"
                   : cached                           ? "cached"
                   : failed                           ? "failed"
                                                      : "ok";
    out["enabled"] = settings_.enabled;
    out["url"] = outgoing::shown_url(settings_.url);
    out["refresh_seconds"] = settings_.refresh.count();
    return out;
}

Json Registry::refresh(Removal removal, const std::function<bool()>& cancelled) {
    if (!settings_.enabled)
        throw Error(EZ_CONFLICT, "the model registry is off: set EZ_MODEL_REGISTRY_ENABLED=true")
            .with_code("disabled");
    const std::unique_lock lock(refreshing_, std::try_to_lock);
    if (!lock.owns_lock())
        throw Error(EZ_CONFLICT, "a refresh of the model registry is running").with_code("running");
    try {
        Document document = obtain(cancelled);
        const RefreshCounts counts = apply(document, removal);
        if (document.fresh) keep(*document.fresh);
        Json out = counts.json();
        const Provenance& from = document.provenance;
        out["source"] = from.origin;
        out["version"] = from.version;
        out["etag"] = from.etag.empty() ? Json() : Json(from.etag);
        out["error"] = from.failure.empty() ? Json() : Json(from.failure);
        if (counts.created + counts.updated + counts.removed > 0)
            log_.info("registry: " + dump_json(out));
        return out;
    } catch (const Error& error) {
        // When the database is the cause, the caller needs the original error.
        (void)guard(nullptr, [&] { note_failure(db_, error.what()); });
        throw;
    }
}

Registry::Document Registry::obtain(const std::function<bool()>& cancelled) const {
    const std::optional<CachedDocument> cached = cache_.read(settings_.url);
    try {
        return from_upstream(cached, cancelled);
    } catch (const Error& error) {
        if (!cached || cancelled()) {
            // An upstream failure is not the caller's fault: 503, also for a broken document.
            throw Error(EZ_UNAVAILABLE, error.what()).with_code(error.code());
        }
        log_.warn(std::string("registry: ") + error.what() + "; the cached document stays in use");
        Document out{read_registry_document(cached->text, settings_.name_space), {}, {}};
        out.provenance = provenance_of(out.content);
        out.provenance.origin = "cache";
        out.provenance.etag = cached->etag;
        out.provenance.failure = error.what();
        return out;
    }
}

Fetched Registry::fetched(const Validators& known, const std::function<bool()>& cancelled) const {
    try {
        return fetch(settings_.url, known, reach_, limits_, cancelled);
    } catch (const Error& error) {
        if (error.status() != EZ_DENIED) throw;
        throw Error(EZ_DENIED, std::string(error.what()) + " (EZ_MODEL_REGISTRY_ALLOWED_NETWORKS)")
            .with_code(error.code());
    }
}

Registry::Document Registry::from_upstream(const std::optional<CachedDocument>& cached,
                                           const std::function<bool()>& cancelled) const {
    const Validators known =
        cached ? Validators{cached->etag, cached->last_modified} : Validators{};
    Fetched got = fetched(known, cancelled);
    const std::string& text = got.not_modified ? cached->text : got.body;
    Document out{read_registry_document(text, settings_.name_space), {}, {}};
    out.provenance = provenance_of(out.content);
    out.provenance.origin = got.not_modified ? "not_modified" : "upstream";
    out.provenance.etag = got.not_modified ? cached->etag : got.etag;
    if (!got.not_modified)
        out.fresh = CachedDocument{settings_.url, got.etag, got.last_modified, std::move(got.body)};
    return out;
}

Provenance Registry::provenance_of(const RegistryDocument& content) const {
    Provenance out;
    out.version = content.sha256.substr(0, kVersionLength);
    const std::string shown = outgoing::shown_url(settings_.url);
    const bool original = shown.starts_with("https://" + std::string(kUpstreamHost) + "/");
    out.upstream_url = original ? kUpstreamRepository : shown;
    out.upstream_ref = original ? kUpstreamBranch : "";
    return out;
}

RefreshCounts Registry::apply(Document& document, Removal removal) const {
    if (!document.content.problems.empty())
        log_.warn("registry: " + std::to_string(document.content.skipped) +
                  " entries could not be read and " + std::to_string(document.content.partial) +
                  " only in part, the first: " + document.content.problems.front());
    Tx tx = db_.begin();
    lock_registry(tx);
    const StoredModels stored = stored_models(tx);
    const RegistryPlan plan = plan_refresh(document.content, stored);
    if (removal == Removal::guarded) refuse_mass_removal(plan);
    RefreshCounts counts = apply_plan(tx, plan, document.content, document.provenance);
    tx.commit();
    return counts;
}

void Registry::keep(const CachedDocument& document) const {
    try {
        cache_.write(document);
    } catch (const Error& error) {
        log_.warn(std::string(error.what()) + "; the models are up to date all the same");
    }
}

}  // namespace ezapi::models
