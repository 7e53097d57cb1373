// The registry's part of the database: reads what is stored, carries out a plan in few statements,
// and keeps the state that GET /admin/models/registry tells. Who wants to refresh locks the state
// first, so that refreshes of several processes come one after the other.
#pragma once

#include <string>

#include "ezapi/db.hpp"
#include "ezapi/json.hpp"
#include "registry_plan.hpp"

namespace ezapi::models {

struct RefreshCounts {
    size_t created = 0;
    size_t updated = 0;
    size_t removed = 0;
    size_t unchanged = 0;
    size_t skipped = 0;
    size_t partial = 0;
    size_t kept = 0;
    size_t manual = 0;
    std::vector<std::string> problems;

    [[nodiscard]] Json json() const;
};

/// Where an applied document came from.
struct Provenance {
    std::string version;  // of the document
    std::string upstream_url;
    std::string upstream_ref;
    std::string etag;
    std::string origin;   // upstream, not_modified or cache
    std::string failure;  // why the upstream was of no use; empty: it was
};

/// Until the transaction ends; nobody else refreshes meanwhile.
void lock_registry(Tx& tx);

[[nodiscard]] StoredModels stored_models(Tx& tx);

/// Writes what differs and marks it for the data plane, together with the state.
[[nodiscard]] RefreshCounts apply_plan(Tx& tx,
                                       const RegistryPlan& plan,
                                       const RegistryDocument& document,
                                       const Provenance& provenance);

/// Notes a refresh that changed nothing because it failed.
void note_failure(const Db& db, const std::string& reason);

/// The state as the API tells it.
[[nodiscard]] Json registry_state(const Db& db);

}  // namespace ezapi::models
