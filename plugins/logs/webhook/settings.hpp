// The settings of the webhook: one entity, which always exists and whose secret is write-only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ezapi/resource/resource.hpp"
#include "outgoing/reach.hpp"

namespace ezapi::logs {

inline constexpr std::int64_t kWebhookId = 1;

class SigningKey;

/// `reach` and `key` must outlive the resource.
[[nodiscard]] ResourceSpec webhook_spec(const outgoing::Reach& reach, SigningKey& key);

/// The settings as needed to send.
struct WebhookSettings {
    bool enabled = false;
    std::string url;
    std::string plain_key;    // written by an earlier version; empty: none
    std::string sealed_key;   // empty: none
    std::string signing_key;  // after decryption; empty: requests are not signed
    std::int64_t min_status = 0;
    std::chrono::seconds window{0};
    std::int64_t threshold = 0;
    std::chrono::seconds cooldown{0};
    std::optional<Timestamp> last_alert_at;
};

[[nodiscard]] WebhookSettings read_webhook(const Db& db);

}  // namespace ezapi::logs
