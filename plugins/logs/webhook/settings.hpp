// Whom the webhook tells of errors, and when: one entity, which always exists and whose secret is
// write-only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ezapi/resource/resource.hpp"
#include "outgoing/reach.hpp"

namespace ezapi::logs {

inline constexpr std::int64_t kWebhookId = 1;

class SigningKey;

/// `reach` and `key` must outlive it.
[[nodiscard]] ResourceSpec webhook_spec(const outgoing::Reach& reach, SigningKey& key);

/// What its work needs of it.
struct WebhookSettings {
    bool enabled = false;
    std::string url;
    std::string plain_key;    // of a server of an earlier version; empty: none
    std::string sealed_key;   // empty: none
    std::string signing_key;  // once opened; empty: requests are not signed
    std::int64_t min_status = 0;
    std::chrono::seconds window{0};
    std::int64_t threshold = 0;
    std::chrono::seconds cooldown{0};
    std::optional<Timestamp> last_alert_at;
};

[[nodiscard]] WebhookSettings read_webhook(const Db& db);

}  // namespace ezapi::logs
