// Provider groups and their API keys: the upstream services and their credentials.
#include "ezapi/plugin.hpp"

#include "api_key.hpp"
#include "bans.hpp"
#include "encryption.hpp"
#include "ezapi/resource.hpp"
#include "group.hpp"
#include "provider_snapshot.hpp"
#include "service.hpp"
#include "stored_ring.hpp"

namespace ezapi::provider_groups {

namespace {

class ProviderGroups {
public:
    explicit ProviderGroups(Host& host)
        : ring_(keyring_for(host)),
          groups_(group_spec()),
          api_keys_(api_key_spec(ring_)),
          encryption_(host, ring_),
          service_(host.abi()) {
        serve(host,
              groups_,
              {.path = "/admin/provider-groups",
               .tag = "provider-groups",
               .max_body = std::uint64_t{4} << 20U});  // for 10,000 model names
        serve(host, api_keys_, {.path = "/admin/api-keys", .tag = "provider-groups"});
        end_bans_in_time(host, api_keys_);
        host.project(provider_projection(ring_, host.log()));
        host.publish("provider-groups/1", GroupService::kTable, &service_);
    }

private:
    const sealing::Keyring ring_;
    Resource groups_;
    Resource api_keys_;
    Encryption encryption_;
    GroupService service_;
};

constexpr const char* kSettings = R"json({"type": "object", "properties": {
    "secret_keys": {
        "type": "string", "writeOnly": true, "x-env": "EZ_SECRET_KEYS", "x-key": "auth.secret_keys",
        "description": "Keys that upstream credentials are encrypted with: a comma-separated list of 32 bytes each, in hex or base64, with an optional id and colon in front. The first encrypts, all decrypt. Empty: a key that is made at the first start and kept in the state directory"},
    "secret_keys_lost": {
        "type": "boolean", "default": false, "x-env": "EZ_SECRET_KEYS_LOST", "x-key": "auth.secret_keys_lost",
        "description": "Start although no stored credential can be decrypted, to send them anew"},
    "state_dir": {
        "type": "string", "default": "./data", "x-env": "EZ_STATE_DIR", "x-key": "server.state_dir",
        "description": "Directory for what the process itself keeps"}
}})json";

}  // namespace

}  // namespace ezapi::provider_groups

EZ_PLUGIN(ezapi::provider_groups::ProviderGroups,
          .name = "provider-groups",
          .version = "1.0.0",
          .settings = ezapi::provider_groups::kSettings);
