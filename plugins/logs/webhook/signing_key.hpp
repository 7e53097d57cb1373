// The key that webhook requests are signed with, encrypted at rest with the keyring of upstream
// credentials (EZ_SECRET_KEYS).
//
// The keyring is read when it is first needed, so that a server without a webhook needs none. Rows
// of an earlier version hold the key as plain text; a job seals those, and seals again what another
// key than the first of the ring has sealed.
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

    /// Without a file: from this setting. Throws EZ_INVALID when it is wrong.
    explicit SigningKey(const std::string& keys) : ring_(sealing::Keyring::parse(keys)) {}

    /// The ciphertext. Throws when there is no keyring and none can be made.
    [[nodiscard]] std::string seal(const std::string& key);

    /// The id of the key that seals. Throws as seal() does.
    [[nodiscard]] std::string sealed_with();

    /// The key of the webhook; empty: requests are not signed. Throws when it cannot be decrypted.
    [[nodiscard]] std::string open(const WebhookSettings& webhook);

    /// Seals a key that is plain text, or sealed with a key that is no longer the first. Resumable:
    /// true when something was sealed.
    bool seal_stored(const Db& db);

private:
    [[nodiscard]] const sealing::Keyring& ring();

    std::string keys_;
    std::filesystem::path folder_;
    std::mutex mutex_;
    std::optional<sealing::Keyring> ring_;
};

}  // namespace ezapi::logs
