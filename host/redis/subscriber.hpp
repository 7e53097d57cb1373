// Receives the messages of subscribed channels on one thread with its own connection, and calls the
// subscribers one after the other. After a lost connection it subscribes again, with growing
// pauses; messages published in between are missed.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "ezapi/abi.h"
#include "host/modules/roster.hpp"
#include "host/redis/client.hpp"
#include "host/redis/connection.hpp"

namespace ezapi::host::redis {

class Subscriber {
public:
    Subscriber(const Options& options, Resolver& resolver);
    ~Subscriber();
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    void add(std::string_view owner,
             std::string_view channel,
             ez_message_fn fn,
             void* user,
             ez_free_fn free_user);
    void activate(std::string_view owner);
    bool retire(std::string_view owner, Clock::time_point deadline);
    void discard(std::string_view owner);

private:
    struct Subscription {
        std::string channel;
        ez_message_fn fn;
        void* user;
    };

    using Channels = std::set<std::string>;

    void run();
    void serve(Connection& connection);
    void settle(Connection& connection, Channels& joined);
    void deliver(const Reply& message);
    [[nodiscard]] Channels wanted();
    void wake() noexcept;
    /// Waits for the connection's bytes or a wake-up; true: the connection has bytes.
    bool wait(int descriptor, std::chrono::milliseconds limit);

    const Options options_;
    Resolver& resolver_;
    modules::Roster<Subscription> roster_;
    int wake_descriptor_;
    std::atomic<bool> stopping_ = false;
    std::mutex start_mutex_;
    std::thread thread_;  // started with the first live subscription
};

}  // namespace ezapi::host::redis
