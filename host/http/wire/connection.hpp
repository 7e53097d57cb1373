// One client connection: unread input, the request being answered, the reply being sent, and the
// deadline of the current phase. Requests are answered one at a time, in the order received; the
// next one starts when the reply to the one before has been sent. It writes to its own descriptor
// (a dup of the listener's), so a late reply cannot reach another client whose socket got the same
// number. All functions: any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "host/http/memory/budget.hpp"
#include "host/http/wire/framer.hpp"
#include "host/http/wire/pending_reply.hpp"
#include "host/http/wire/problem.hpp"
#include "host/http/wire/reply.hpp"

namespace ezapi::host::http {

struct Timeouts {
    using Duration = std::chrono::milliseconds;
    Duration head{10'000};    // from the first byte of a request to the end of its head
    Duration body{60'000};    // from there to the end of its body
    Duration idle{75'000};    // between requests
    Duration serve{300'000};  // for the handler to reply
    Duration write{30'000};   // for the client to take a reply
    Duration linger{2'000};   // for the client to close after the last reply
};

class Connection;
using ConnectionPtr = std::shared_ptr<Connection>;

/// What to do with a request whose body has not been read.
struct Ruling {
    enum class Next {
        kRead,   // its body
        kAsk,    // Front::ask first, which may take time
        kAnswer  // without its body
    };
    Next next = Next::kAnswer;
    Trust trust = Trust::kNone;
    uint64_t body_limit = 0;         // of kRead and kAsk
    std::optional<Problem> problem;  // the reply of kAnswer; nothing: serve() decides
};

/// Dispatches the requests of connections. All functions: any thread.
class Front {
public:
    virtual ~Front() = default;
    /// Decides about a request with a body, from its head. Never blocks.
    [[nodiscard]] virtual Ruling judge(const Connection& connection, const Head& head) = 0;
    /// Checks a credential that may need the database; calls Connection::judged() at once or later.
    virtual void ask(const ConnectionPtr& connection, const Head& head) = 0;
    /// Must call reply() on the connection exactly once, at once or later. With `problem` that is
    /// the reply, and the request has no body.
    virtual void serve(const ConnectionPtr& connection,
                       Request request,
                       std::optional<Problem> problem) = 0;
    /// The reply to input that is not a valid request. `origin` is the Origin header, if it was
    /// read.
    virtual Reply refuse(const Fault& fault, const std::optional<std::string>& origin) = 0;
    /// Calls go_on() of the connection on a thread that may parse and run handlers.
    virtual void resume(const ConnectionPtr& connection) = 0;
};

/// Owns what connections share. All functions: any thread.
class ConnectionOwner {
public:
    virtual ~ConnectionOwner() = default;
    /// Takes over a reply that does not fit into the socket's send buffer.
    virtual void hand_to_drain(const ConnectionPtr& connection) = 0;
    /// The server is shutting down: each reply closes its connection.
    [[nodiscard]] virtual bool ending() const noexcept = 0;
    /// The memory budget of `connection` is exceeded: closes the connections that hold most of it
    /// until it is not. Must be called without the lock of a connection.
    virtual void relieve(const Connection& connection) noexcept = 0;
    /// A connection of the client has closed its descriptor.
    virtual void forget(const Client& client) noexcept = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Clock = std::chrono::steady_clock;

    /// Takes ownership of `descriptor`, which must be non-blocking.
    Connection(int descriptor,
               std::string client_ip,
               std::shared_ptr<Front> front,
               std::shared_ptr<ConnectionOwner> owner,
               Holding holding,
               const Limits& limits,
               const Timeouts& timeouts);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] const std::string& client_ip() const noexcept { return client_ip_; }

    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    void on_input(std::string_view bytes);
    /// The client has closed its side; a request in progress is still answered.
    void on_input_end();

    /// Replies to the request that was given to Front::serve. `trust` is that of its route.
    void reply(Reply reply, bool head_only, Trust trust);

    /// The result of Front::ask: nothing, or why the body is not read.
    void judged(std::optional<Problem> problem);

    /// Processes input that has already been received.
    void go_on();

    /// Sends what is left of the reply; for the slow writer's thread.
    Flush flush();
    /// Closes the connection at once.
    void cut();
    /// Frees its memory because the server has none left: 503 for a request that is being received,
    /// closes the connection if the client does not read a reply.
    void shed();
    /// Acts on a deadline that has passed: 408 for a slow request, 503 for a slow handler,
    /// otherwise closes the connection.
    void expire(Clock::time_point now);

    /// The counted bytes that shed() would free.
    [[nodiscard]] size_t held() const noexcept { return held_.load(); }

    [[nodiscard]] Trust trust() const noexcept { return trust_.load(); }

    [[nodiscard]] const std::shared_ptr<Client>& client() const noexcept {
        return holding_.client();
    }

    /// A reply is due or still being sent.
    [[nodiscard]] bool busy() const noexcept { return busy_.load(); }

    /// Further requests may be received or answered.
    [[nodiscard]] bool open() const noexcept { return open_.load(); }

    [[nodiscard]] Clock::time_point write_deadline() const noexcept {
        return Clock::time_point(Clock::duration(deadline_.load()));
    }

private:
    enum class Phase { kIdle, kHead, kBody, kJudging, kServing, kWriting, kLingering, kClosed };

    using Lock = std::unique_lock<std::mutex>;

    bool step(Lock& lock);
    bool on_head(Lock& lock);
    bool on_need_more(Lock& lock);
    void serve(Lock& lock, Request request, std::optional<Problem> problem);
    void answer_without_body(Lock& lock, std::optional<Problem> problem);
    void refuse(Lock& lock, const Fault& fault);
    void send_reply(Reply reply, bool head_only);
    void drop_pipelined();
    void after_reply();
    void close_locked();
    void enter(Phase phase, std::chrono::milliseconds limit);
    void update_reading_phase();
    bool account() noexcept;
    bool say_continue();

    /// There is input that is not yet part of a request.
    [[nodiscard]] bool has_more() const noexcept {
        return open_.load() && !framer_.between_requests();
    }

    const int descriptor_;
    const std::string client_ip_;
    const std::shared_ptr<Front> front_;
    const std::shared_ptr<ConnectionOwner> owner_;
    const Limits limits_;
    const Timeouts timeouts_;

    std::mutex mutex_;
    Framer framer_;
    Phase phase_ = Phase::kIdle;
    bool pumping_ = false;  // one thread at a time takes requests out of the framer
    bool last_ = false;     // the current request's reply ends the connection
    bool http10_ = false;   // the current request speaks HTTP/1.0
    bool input_ended_ = false;
    uint64_t ignored_ = 0;  // bytes that came after the last reply
    Holding holding_;
    PendingReply pending_;
    Clock::time_point since_;  // when the phase began
    std::atomic<Clock::rep> deadline_;
    std::atomic<bool> busy_ = false;
    std::atomic<bool> open_ = true;
    std::atomic<size_t> held_ = 0;
    std::atomic<Trust> trust_ = Trust::kNone;  // of what is held
};

}  // namespace ezapi::host::http
