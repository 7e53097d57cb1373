#include "webhook/signing_key.hpp"

#include "sealing/key_file.hpp"

namespace ezapi::logs {
namespace {

constexpr std::string_view kPlace = "webhook_settings.signing_key.1";

}  // namespace

SigningKey::SigningKey(const Host& host)
    : keys_(host.settings().at("secret_keys").get<std::string>()),
      folder_(host.settings().at("state_dir").get<std::string>()) {
    if (keys_.empty()) return;
    try {
        ring_ = sealing::Keyring::parse(keys_);
    } catch (const Error& error) {
        throw Error(EZ_INVALID, std::string("EZ_SECRET_KEYS: ") + error.what());
    }
}

const sealing::Keyring& SigningKey::ring() {
    const std::lock_guard lock(mutex_);
    if (!ring_)
        ring_ = sealing::Keyring::parse(sealing::load_key_file(folder_, /*may_make=*/true).keys);
    return *ring_;
}

std::string SigningKey::seal(const std::string& key) {
    return ring().seal(key, kPlace);
}

std::string SigningKey::sealed_with() {
    return ring().first_id();
}

std::string SigningKey::open(const WebhookSettings& webhook) {
    if (!webhook.plain_key.empty()) return webhook.plain_key;
    if (webhook.sealed_key.empty()) return {};
    try {
        return ring().open(webhook.sealed_key, kPlace);
    } catch (const Error& error) {
        throw Error(error.status(),
                    std::string("webhook: its secret cannot be decrypted: ") + error.what() +
                        "; set it again");
    }
}

bool SigningKey::seal_stored(const Db& db) {
    const Rows rows = db.query(
        "SELECT signing_key, sealed_key, sealed_with FROM webhook_settings WHERE id = $1 AND "
        "secret IS NOT NULL",
        {kWebhookId});
    if (rows.empty()) return false;
    WebhookSettings stored;
    stored.plain_key = rows.text(0, 0);
    stored.sealed_key = rows.text(0, 1);
    if (stored.plain_key.empty() && (stored.sealed_key.empty() || rows.text(0, 2) == sealed_with()))
        return false;
    const std::string key = open(stored);
    // If it was changed since it was read, the next run encrypts it.
    return db.query(
                 "UPDATE webhook_settings SET signing_key = '', sealed_key = $2, sealed_with = $3 "
                 "WHERE id = $1 AND signing_key = $4 AND sealed_key = $5",
                 {kWebhookId, seal(key), sealed_with(), stored.plain_key, stored.sealed_key})
               .affected() == 1;
}

}  // namespace ezapi::logs
