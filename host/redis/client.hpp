// Redis for the host and its plugins: a pool of connections where every call has one total
// deadline, a breaker that makes calls fail at once while Redis is away, and one thread that
// receives messages of subscribed channels. A connection with any error is dropped, never reused.
// Used from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/abi.h"
#include "host/modules/registry.hpp"
#include "host/redis/reply.hpp"

namespace ezapi::host::telemetry {
class Metrics;
}

namespace ezapi::host::redis {

/// The words of one command; binary safe, borrowed for the call.
using Command = std::span<const std::string_view>;

struct Options {
    std::string host = "127.0.0.1";  // a name, an address, or the path of a Unix socket
    uint16_t port = 6379;
    std::string username;  // empty: AUTH with the password alone
    std::string password;  // empty: no AUTH
    int database = 0;
    size_t pool_size = 8;
    std::chrono::milliseconds connect_timeout{1000};
    std::chrono::milliseconds timeout{1000};      // of a call that sets none
    std::chrono::milliseconds idle_check{15000};  // PING before use after so long without use
    std::chrono::milliseconds max_age{10 * 60 * 1000};
    std::chrono::milliseconds probe_min{200};  // breaker: pause before the next attempt, doubling
    std::chrono::milliseconds probe_max{1000};
    size_t max_reply_bytes = 64UL * 1024 * 1024;
};

class Pool;
class Subscriber;

class Client : public modules::Registry {
public:
    /// Does not connect yet; throws EZ_INVALID for an invalid option. `metrics` may be NULL and
    /// must outlive the client.
    explicit Client(Options options, telemetry::Metrics* metrics = nullptr);
    ~Client() override;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// `timeout` bounds the whole call, waiting for a connection and connecting included; zero: the
    /// configured one. EZ_UNAVAILABLE: it was not sent. EZ_TIMEOUT: it may have been executed. An
    /// error that Redis answers is a Reply, not an Error.
    Reply command(Command words, std::chrono::milliseconds timeout = {});

    Reply command(std::initializer_list<std::string_view> words,
                  std::chrono::milliseconds timeout = {}) {
        return command(Command(words.begin(), words.size()), timeout);
    }

    /// Sent together; an array with one element per command.
    Reply pipeline(std::span<const Command> commands, std::chrono::milliseconds timeout = {});

    /// Staged under `owner` until activate(). Messages arrive on one thread, in order; those
    /// published while the connection was lost are missed. Throws EZ_INVALID for an empty channel,
    /// after having called `free_user`.
    void subscribe(std::string_view owner,
                   std::string_view channel,
                   ez_message_fn fn,
                   void* user,
                   ez_free_fn free_user);

    void activate(std::string_view owner) override;
    bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) override;
    void discard(std::string_view owner) override;

    /// Throws when Redis does not answer PONG.
    void ping(std::chrono::milliseconds timeout = {});

    /// Whether the last call or probe succeeded; false before the first one.
    [[nodiscard]] bool connected() const noexcept;

    /// Why Redis is unreachable, in detail, for operators; empty while it is reachable.
    [[nodiscard]] std::string last_error() const;

private:
    std::unique_ptr<Pool> pool_;
    std::unique_ptr<Subscriber> subscriber_;
};

}  // namespace ezapi::host::redis
