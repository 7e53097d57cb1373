// The key that signs webhook requests, encrypted at rest with the keyring of the upstream
// credentials (EZ_SECRET_KEYS).
//
// The keyring is loaded when it is first needed, so that a server without a webhook needs none.
// Rows of an earlier version hold the key as plain text; a job encrypts those, and re-encrypts keys
// that were encrypted with another key than the first of the ring.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "ezapi/plugin.hpp"
#include "sealing/keyring.hpp"
#include "webhook/settings.hpp"

namespace ezapi::logs {

class SigningKey {
public:
    explicit SigningKey(const Host& host);

    /// Uses this setting instead of a file. Throws EZ_INVALID when it is malformed.
    explicit SigningKey(const std::string& keys) : ring_(sealing::Keyring::parse(keys)) {}

    /// Returns the ciphertext. Throws when there is no keyring and none can be created.
    [[nodiscard]] std::string seal(const std::string& key);

    /// The id of the key that encrypts. Throws as seal() does.
    [[nodiscard]] std::string sealed_with();

    /// The plain key of the webhook; empty: requests are not signed. Throws when decryption fails.
    [[nodiscard]] std::string open(const WebhookSettings& webhook);

    /// Encrypts a key that is plain text, or that was encrypted with another key than the first of
    /// the ring. May be interrupted and repeated. Returns true when something was encrypted.
    bool seal_stored(const Db& db);

private:
    [[nodiscard]] const sealing::Keyring& ring();

    std::string keys_;
    std::filesystem::path folder_;
    std::mutex mutex_;
    std::optional<sealing::Keyring> ring_;
};

}  // namespace ezapi::logs
