// Replies to writes with ?wait=applied: held back until the change is in Redis, was given up, or
// the time is over. No thread waits; the delivery service calls back. The reply is the one that the
// write would have got at once, with the header X-Change-State added: the write is committed either
// way, so no outcome of the wait is an error.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "ezapi/host_services.h"
#include "host/http/dispatch/exchange.hpp"

namespace ezapi::host::http {

/// Asks the service "delivery/1"; see ez_delivery_v1.
using AwaitDelivery = std::function<ez_status(
    int64_t revision, uint32_t timeout_ms, ez_delivery_fn fn, void* user, ez_error*)>;

class Awaiting : public std::enable_shared_from_this<Awaiting> {
public:
    explicit Awaiting(AwaitDelivery await) : await_(std::move(await)) {}

    /// Takes over the exchange and replies later, possibly before this returns. False: it does not,
    /// because there is no delivery service or too many wait; the caller then sends `reply`, which
    /// has X-Change-State "pending".
    [[nodiscard]] bool keep(ez_exchange& exchange,
                            Reply& reply,
                            int64_t revision,
                            std::chrono::milliseconds limit);

    /// Replies to all that wait, as pending.
    void let_go();
    /// The same, and holds back no further replies.
    void close();

private:
    struct Kept {
        ez_exchange* exchange;
        Reply reply;
    };

    [[nodiscard]] std::optional<Kept> take(uint64_t number);
    void answer(uint64_t number, int32_t state) noexcept;

    AwaitDelivery await_;
    std::mutex mutex_;
    std::map<uint64_t, Kept> kept_;  // by the exchange's number
    bool closed_ = false;
};

}  // namespace ezapi::host::http
