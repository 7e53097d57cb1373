#include "stored_ring.hpp"

#include "sealing/key_file.hpp"

namespace ezapi::provider_groups {

namespace {

sealing::Keyring from_setting(const std::string& keys) {
    try {
        return sealing::Keyring::parse(keys);
    } catch (const Error& error) {
        throw Error(EZ_INVALID, std::string("EZ_SECRET_KEYS: ") + error.what());
    }
}

sealing::Keyring from_file(const Host& host, const Json& settings, bool may_make) {
    const sealing::KeyFile file =
        sealing::load_key_file(settings.at("state_dir").get<std::string>(), may_make);
    host.log().info((file.made ? "EZ_SECRET_KEYS is not set: made a key in "
                               : "EZ_SECRET_KEYS is not set: using the key in ") +
                    file.path.string() +
                    "; keep a copy, without it stored credentials cannot be decrypted");
    try {
        return sealing::Keyring::parse(file.keys);
    } catch (const Error& error) {
        throw Error(EZ_INVALID, "keyring " + file.path.string() + ": " + error.what());
    }
}

}  // namespace

sealing::Keyring keyring_for(const Host& host) {
    const Json settings = host.settings();
    const bool lost = settings.at("secret_keys_lost").get<bool>();
    const Rows stored =
        host.db().query("SELECT key_id, count(*) FROM api_keys GROUP BY key_id ORDER BY key_id");
    const std::string keys = settings.at("secret_keys").get<std::string>();
    sealing::Keyring ring =
        keys.empty() ? from_file(host, settings, lost || stored.empty()) : from_setting(keys);

    std::string unknown;
    size_t known = 0;
    for (size_t row = 0; row < stored.size(); ++row) {
        if (ring.knows(stored.text(row, 0))) {
            ++known;
            continue;
        }
        unknown += (unknown.empty() ? "" : ", ") + std::string(stored.text(row, 1)) +
                   " with the key '" + std::string(stored.text(row, 0)) + "'";
    }
    if (unknown.empty()) return ring;
    const std::string what =
        "keyring: API keys are encrypted with keys that it does not have: " + unknown;
    if (known == 0 && !lost) {
        throw Error(EZ_INVALID,
                    what +
                        "; put them behind the others in EZ_SECRET_KEYS, or, if they are lost, "
                        "start with EZ_SECRET_KEYS_LOST=true and send the credentials anew");
    }
    host.log().error(what +
                     "; their credentials must be sent anew, see /admin/api-keys/encryption");
    return ring;
}

}  // namespace ezapi::provider_groups
