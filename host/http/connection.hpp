// One client connection: what arrived, what is being answered, what is still to be sent, and until
// when. Requests are answered one after the other in the order received; the next one starts when
// the reply before it is out. It writes on a descriptor of its own (a dup of the listener's), so
// that a late reply can never reach another client that got the same number. All functions: any
// thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "host/http/framer.hpp"
#include "host/http/reply.hpp"

namespace ezapi::host::http {

struct Timeouts {
    using Duration = std::chrono::milliseconds;
    Duration head{10'000};   // from the first byte of a request to the end of its head
    Duration body{60'000};   // from there to the end of its body
    Duration idle{75'000};   // between requests
    Duration write{30'000};  // for the client to take a reply
    Duration linger{2'000};  // for the client to close after the last reply
};

class Connection;
using ConnectionPtr = std::shared_ptr<Connection>;

/// What the server does for its connections. All functions: any thread.
class Front {
public:
    virtual ~Front() = default;
    /// The largest body that the route of this request takes.
    virtual uint64_t body_limit(const Head& head) = 0;
    /// Must lead to exactly one reply() on the connection, at once or later.
    virtual void serve(const ConnectionPtr& connection, Request request) = 0;
    /// The answer to bytes that are no request; `code` names the reason, `origin` is that of the
    /// page that asks, as far as it was read.
    virtual Reply refuse(const Fault& fault, const std::optional<std::string>& origin) = 0;
    /// Takes over a reply that the socket does not take at once.
    virtual void hand_to_drain(const ConnectionPtr& connection) = 0;
    /// The server ends: replies close their connections.
    [[nodiscard]] virtual bool ending() const noexcept = 0;
    /// Bytes of unfinished requests of all connections; false: no more can be held.
    virtual bool account(int64_t bytes) noexcept = 0;
    /// A connection is gone with its descriptor.
    virtual void forget() noexcept = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Clock = std::chrono::steady_clock;
    enum class Flush { kDone, kAgain, kDead };

    /// Takes ownership of `descriptor`, which must be non-blocking.
    Connection(int descriptor,
               std::string client_ip,
               std::shared_ptr<Front> front,
               const Limits& limits,
               const Timeouts& timeouts);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] const std::string& client_ip() const noexcept { return client_ip_; }

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    void on_input(std::string_view bytes);
    /// Nothing more will arrive; a request under way is still answered.
    void on_input_end();

    /// Answers the request that was given to Front::serve.
    void reply(Reply reply, bool head_only);

    /// Sends what is left; for the draining thread.
    Flush flush();
    /// Ends the connection without further ado.
    void cut();
    /// Acts on a deadline that has passed: 408 for a slow request, the end for the rest.
    void expire(Clock::time_point now);

    /// A reply is owed or still being sent.
    [[nodiscard]] bool busy() const noexcept { return busy_.load(); }

    /// Requests may still come or be answered.
    [[nodiscard]] bool open() const noexcept { return open_.load(); }

    [[nodiscard]] Clock::time_point write_deadline() const noexcept {
        return Clock::time_point(Clock::duration(deadline_.load()));
    }

private:
    enum class Phase { kIdle, kHead, kBody, kServing, kWriting, kLingering, kClosed };

    using Lock = std::unique_lock<std::mutex>;

    void pump();
    bool step(Lock& lock);
    void refuse(Lock& lock, const Fault& fault);
    void send_reply(Reply reply, bool head_only);
    Flush flush_locked();
    void after_reply();
    void close_locked();
    void enter(Phase phase, std::chrono::milliseconds limit);
    void update_reading_phase();
    void account_buffer();
    bool say_continue();

    const int descriptor_;
    const std::string client_ip_;
    const std::shared_ptr<Front> front_;
    const Limits limits_;
    const Timeouts timeouts_;

    std::mutex mutex_;
    Framer framer_;
    Phase phase_ = Phase::kIdle;
    bool pumping_ = false;  // one thread at a time takes requests out of the framer
    bool last_ = false;     // the current request's reply ends the connection
    bool http10_ = false;   // the current request speaks HTTP/1.0
    bool input_ended_ = false;
    size_t ignored_ = 0;        // bytes that came after the last reply
    size_t serving_bytes_ = 0;  // of the body that a handler has
    int64_t accounted_ = 0;     // bytes told to Front::account
    std::string out_head_;
    std::string out_body_;
    size_t sent_ = 0;
    Clock::time_point since_;  // when the phase began
    std::atomic<Clock::rep> deadline_;
    std::atomic<bool> busy_ = false;
    std::atomic<bool> open_ = true;
};

}  // namespace ezapi::host::http
