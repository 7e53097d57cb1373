// One connection to Redis: a hiredis context on a non-blocking socket that is polled here, so that
// every exchange has an exact deadline, however slowly bytes arrive. After any error it must not be
// reused: the next command could get the reply of the previous one. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/error.hpp"
#include "host/redis/address.hpp"
#include "host/redis/reply.hpp"

struct redisContext;

namespace ezapi::host::redis {

struct Options;

using Clock = std::chrono::steady_clock;

/// The words of one command; binary safe, borrowed for the call.
using Command = std::span<const std::string_view>;

/// Redis was not reached, or did not answer as it should.
class Unreached : public Error {
public:
    enum class Cause { broken, late };

    Unreached(const std::string& why, bool sent, Cause cause = Cause::broken);

    /// It may have executed the command.
    [[nodiscard]] bool sent() const noexcept { return sent_; }

    /// Only this deadline passed; other connections may work.
    [[nodiscard]] bool late() const noexcept { return cause_ == Cause::late; }

    /// Without what the message adds for clients.
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

private:
    std::string why_;
    bool sent_;
    Cause cause_;
};

class Connection {
public:
    /// Connects, authenticates, selects the database and waits for a PONG. Throws Unreached.
    Connection(const Options& options, Resolver& resolver, Clock::time_point deadline);

    /// Sends the commands together and waits for as many replies.
    std::vector<Reply> exchange(std::span<const Command> commands, Clock::time_point deadline);

    /// The parts of an exchange, for reading pushed messages.
    void append(Command command);
    void flush(Clock::time_point deadline);
    void read_available();
    [[nodiscard]] std::optional<Reply> next();
    [[nodiscard]] int descriptor() const noexcept;

    /// No exchange is unfinished.
    [[nodiscard]] bool reusable() const noexcept { return !unfinished_; }

    /// Unsolicited bytes or the end of the connection arrived.
    [[nodiscard]] bool stale() const noexcept;

    [[nodiscard]] Clock::time_point born() const noexcept { return born_; }

    [[nodiscard]] Clock::time_point used() const noexcept { return used_; }

private:
    struct Free {
        void operator()(redisContext* context) const noexcept;
    };

    void open(const std::vector<Address>& addresses, Clock::time_point deadline);
    void greet(const Options& options, Clock::time_point deadline);
    void wait(short events, Clock::time_point deadline);
    [[noreturn]] void fail(const std::string& why,
                           Unreached::Cause cause = Unreached::Cause::broken);

    std::unique_ptr<redisContext, Free> context_;
    size_t max_reply_bytes_;
    size_t received_ = 0;  // in this exchange
    bool sent_ = false;    // some bytes of this exchange went out
    bool unfinished_ = false;
    Clock::time_point born_ = Clock::now();
    Clock::time_point used_ = Clock::now();
};

}  // namespace ezapi::host::redis
