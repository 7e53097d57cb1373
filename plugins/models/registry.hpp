// The registry: brings the models that models.dev knows into the catalogue, by a job and on demand.
//
// One refresh: ask the upstream whether its document is another than the last one; read what can be
// read of it; hold it against what is stored; write what differs in one transaction. When the
// upstream fails or sends something broken, the last good document is used. A document that would
// remove most of the models changes nothing unless forced.
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
    std::string name_space;        // empty: a provider's id
    std::string allowed_networks;  // besides public addresses

    [[nodiscard]] static RegistrySettings read(const Json& settings);
};

enum class Removal { guarded, forced };

class Registry {
public:
    Registry(const Host& host, RegistrySettings settings, FetchLimits limits = {});

    /// Registers the job (when enabled) and the routes.
    void serve(Host& host);

    /// Blocks as long as the upstream takes. Throws what went wrong, after noting it in the state.
    Json refresh(Removal removal, const std::function<bool()>& cancelled);

private:
    struct Document {
        RegistryDocument content;
        Provenance provenance;
        std::optional<CachedDocument> fresh;  // to be cached once it is applied
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
