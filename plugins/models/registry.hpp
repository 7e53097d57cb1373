// The registry: imports the models that models.dev lists into the catalogue, by a job and on
// demand.
//
// A refresh asks the upstream whether its document has changed, parses what is valid in it,
// compares it with what is stored, and writes the differences in one transaction. When the upstream
// fails or sends an invalid document, the last good document is used. A document that would remove
// most of the models changes nothing unless forced.
#pragma once

#include <mutex>
#include <string>

#include "ezapi/plugin.hpp"
#include "http_fetch.hpp"
#include "registry_cache.hpp"
#include "registry_store.hpp"

namespace ezapi::models {

struct RegistrySettings {
    bool enabled = false;
    std::chrono::seconds refresh{1800};
    std::string cache_dir;
    std::string url;
    std::string name_space;        // empty: the provider's id
    std::string allowed_networks;  // in addition to public addresses

    [[nodiscard]] static RegistrySettings read(const Json& settings);
};

enum class Removal { guarded, forced };

class Registry {
public:
    Registry(const Host& host, RegistrySettings settings, FetchLimits limits = {});

    /// Registers the job (if enabled) and the routes.
    void serve(Host& host);

    /// Blocks while the upstream answers. A failure is stored in the state and then thrown.
    Json refresh(Removal removal, const std::function<bool()>& cancelled);

private:
    struct Document {
        RegistryDocument content;
        Provenance provenance;
        std::optional<CachedDocument> fresh;  // to be cached once it has been applied
    };

    [[nodiscard]] Json state() const;
    [[nodiscard]] Document obtain(const std::function<bool()>& cancelled) const;
    [[nodiscard]] Document from_upstream(const std::optional<CachedDocument>& cached,
                                         const std::function<bool()>& cancelled) const;
    [[nodiscard]] Provenance provenance_of(const RegistryDocument& content) const;
    [[nodiscard]] Fetched fetched(const Validators& known,
                                  const std::function<bool()>& cancelled) const;
    [[nodiscard]] RefreshCounts apply(Document& document, Removal removal) const;
    void keep(const CachedDocument& document) const;

    Db db_;
    Log log_;
    RegistrySettings settings_;
    FetchLimits limits_;
    outgoing::Reach reach_;
    RegistryCache cache_;
    std::mutex refreshing_;
};

}  // namespace ezapi::models
