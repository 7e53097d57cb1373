// Models: the metadata of each `namespace.public_model`, from the API or from the registry.
#include "ezapi/plugin.hpp"

#include "ezapi/resource.hpp"
#include "ezapi/services/namespaces.hpp"
#include "model.hpp"
#include "model_name.hpp"
#include "model_snapshot.hpp"
#include "registry.hpp"

namespace ezapi::models {

namespace {

RegistrySettings registry_settings(const Host& host) {
    RegistrySettings settings = RegistrySettings::read(host.settings());
    if (!settings.name_space.empty() && !is_namespace(settings.name_space))
        throw Error(EZ_INVALID,
                    "registry_namespace: expected 1 to 63 characters of a-z, 0-9, '_' and '-', "
                    "found '" +
                        settings.name_space + "'");
    return settings;
}

/// Models of the registry keep no namespace from deletion.
std::int64_t manual_models_in(Tx& tx, std::string_view name) {
    return tx
        .query("SELECT count(*) FROM models WHERE namespace = $1 AND source = 'manual'", {name})
        .integer(0, 0);
}

class Models {
public:
    explicit Models(Host& host)
        : namespaces_(host, "models", &manual_models_in),
          models_(model_spec(namespaces_)),
          registry_(host, registry_settings(host)) {
        serve(host, models_, {.path = "/admin/models", .tag = "models"});
        registry_.serve(host);
        host.project(model_projection());
        host.project(models_meta_projection());
        keep_change_time(host);
    }

private:
    NamespaceWatch namespaces_;
    Resource models_;
    Registry registry_;
};

constexpr const char* kSettings = R"json({"type": "object", "properties": {
    "registry_enabled": {
        "type": "boolean", "default": false, "x-env": "EZ_MODEL_REGISTRY_ENABLED",
        "description": "Whether models are kept up to date from a registry"},
    "registry_refresh_seconds": {
        "type": "integer", "minimum": 1, "maximum": 2592000, "default": 1800, "x-env": "EZ_MODEL_REGISTRY_REFRESH_SECONDS",
        "description": "Time between two refreshes"},
    "registry_cache_dir": {
        "type": "string", "default": "./data/model-registry", "x-env": "EZ_MODEL_REGISTRY_CACHE_DIR",
        "description": "Directory of the last good document, for when the upstream fails"},
    "registry_url": {
        "type": "string", "default": "https://models.dev/api.json", "x-env": "EZ_MODEL_REGISTRY_URL", "x-format": "http-url",
        "description": "Address of the registry's document, in the format of models.dev"},
    "registry_allowed_networks": {
        "type": "string", "default": "", "x-env": "EZ_MODEL_REGISTRY_ALLOWED_NETWORKS", "x-format": "cidr-list",
        "description": "Addresses and networks, comma-separated, that the registry's address and its redirects may lead to besides public addresses"},
    "registry_namespace": {
        "type": "string", "default": "", "x-env": "EZ_MODEL_REGISTRY_NAMESPACE",
        "description": "Namespace of the registry's models, which are then named <namespace>.<provider>/<model>. Empty: they are named <provider>.<model>, each provider being a namespace"}
}})json";

}  // namespace

}  // namespace ezapi::models

EZ_PLUGIN(ezapi::models::Models,
          .name = "models",
          .version = "1.0.0",
          .after = {"namespaces"},
          .settings = ezapi::models::kSettings);
