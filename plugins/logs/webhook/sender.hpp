// Sends one delivery: a signed POST to a checked address, with timeouts. Redirects are not
// followed: when a receiver moves, an operator changes the address.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "outgoing/exchange.hpp"
#include "outgoing/reach.hpp"
#include "webhook/deliveries.hpp"
#include "webhook/settings.hpp"

namespace ezapi::logs {

class Sender {
public:
    Sender(const outgoing::Reach& reach, const outgoing::Limits& limits)
        : reach_(reach), limits_(limits) {}

    /// `cancelled` as in exchange.hpp.
    [[nodiscard]] Attempt send(const WebhookSettings& webhook,
                               const WebhookDelivery& delivery,
                               Timestamp now,
                               const std::function<bool()>& cancelled) const;

private:
    const outgoing::Reach& reach_;
    outgoing::Limits limits_;
};

/// "sha256=" and the HMAC-SHA256, in lower-case hex, of the timestamp, a dot and the body.
[[nodiscard]] std::string signature(std::string_view key,
                                    std::string_view timestamp,
                                    std::string_view body);

}  // namespace ezapi::logs
