// The registry's part of the database: reads what is stored, carries out a plan in few statements,
// and keeps the state shown by GET /admin/models/registry. A refresh locks the state first, so that
// refreshes of several processes are serialized.
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

/// The origin of an applied document.
struct Provenance {
    std::string version;  // of the document
    std::string upstream_url;
    std::string upstream_ref;
    std::string etag;
    std::string origin;   // upstream, not_modified or cache
    std::string failure;  // why the upstream was not used; empty: it was
};

/// Excludes other refreshes until the transaction ends.
void lock_registry(Tx& tx);

[[nodiscard]] StoredModels stored_models(Tx& tx);

/// Writes the differences and the state, and marks the changes for the data plane.
[[nodiscard]] RefreshCounts apply_plan(Tx& tx,
                                       const RegistryPlan& plan,
                                       const RegistryDocument& document,
                                       const Provenance& provenance);

/// Stores the failure of a refresh that changed nothing.
void note_failure(const Db& db, const std::string& reason);

/// The state as returned by the API.
[[nodiscard]] Json registry_state(const Db& db);

}  // namespace ezapi::models
