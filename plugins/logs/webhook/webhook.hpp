// The webhook: its routes, and the jobs that watch for errors and send due deliveries. Each job
// runs in one process at a time.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "ezapi/plugin.hpp"
#include "ezapi/resource/resource.hpp"
#include "webhook/alarm.hpp"
#include "webhook/sender.hpp"
#include "webhook/signing_key.hpp"

namespace ezapi::logs {

struct WebhookOptions {
    std::string allowed_networks = {};        // in addition to public addresses
    std::chrono::milliseconds timeout{5000};  // of one attempt
};

[[nodiscard]] WebhookOptions webhook_options(const Json& settings);

class Webhook {
public:
    Webhook(const Host& host, const WebhookOptions& options);

    /// This object must outlive the routes and the jobs.
    void serve(Host& host);

    /// Sends the due deliveries one after the other; returns their number.
    int deliver(const std::function<bool()>& stopping);

private:
    [[nodiscard]] Response read(const Request& request) const;
    [[nodiscard]] Response test();
    /// Sends a delivery, signed. A key that cannot be decrypted is reported as the attempt's error.
    [[nodiscard]] Attempt send(WebhookSettings webhook,
                               const WebhookDelivery& delivery,
                               Timestamp at,
                               const std::function<bool()>& stopping);

    Db db_;
    Log log_;
    outgoing::Reach reach_;
    SigningKey key_;
    Resource settings_;
    Deliveries deliveries_;
    Sender sender_;
    Alarm alarm_;
    Counter delivered_;
    Counter failed_;
};

}  // namespace ezapi::logs
