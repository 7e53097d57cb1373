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
    Duration serve{300'000};  // for the handler to answer
    Duration write{30'000};   // for the client to take a reply
    Duration linger{2'000};   // for the client to close after the last reply
};

class Connection;
using ConnectionPtr = std::shared_ptr<Connection>;

/// What becomes of a request whose body has not been read.
struct Ruling {
    enum class Next {
        kRead,   // its body
        kAsk,    // Front::ask first, which may take time
        kAnswer  // without its body
    };
    Next next = Next::kAnswer;
    Trust trust = Trust::kNone;
    uint64_t body_limit = 0;         // of kRead and kAsk
    std::optional<Problem> problem;  // the answer of kAnswer; nothing: what serve() finds
};

/// What the server does for its connections. All functions: any thread.
class Front {
public:
    virtual ~Front() = default;
    /// Judges a request with a body by its head. Never blocks.
    [[nodiscard]] virtual Ruling judge(const Connection& connection, const Head& head) = 0;
    /// Judges a credential that may need the database; leads to Connection::judged().
    virtual void ask(const ConnectionPtr& connection, const Head& head) = 0;
    /// Must lead to exactly one reply() on the connection, at once or later. With `problem` that is
    /// the answer, and the request has no body.
    virtual void serve(const ConnectionPtr& connection,
                       Request request,
                       std::optional<Problem> problem) = 0;
    /// The answer to bytes that are no request; `code` names the reason, `origin` is that of the
    /// page that asks, as far as it was read.
    virtual Reply refuse(const Fault& fault, const std::optional<std::string>& origin) = 0;
    /// Takes over a reply that the socket does not take at once.
    virtual void hand_to_drain(const ConnectionPtr& connection) = 0;
    /// The server ends: replies close their connections.
    [[nodiscard]] virtual bool ending() const noexcept = 0;
    /// Leads to go_on() of the connection, on a thread that may parse and run handlers.
    virtual void resume(const ConnectionPtr& connection) = 0;
    /// The budget that `connection` takes from is exceeded: ends those that hold most of it until
    /// it is not. Without the lock of a connection.
    virtual void relieve(const Connection& connection) noexcept = 0;
    /// A connection of the client is gone with its descriptor.
    virtual void forget(const Client& client) noexcept = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Clock = std::chrono::steady_clock;

    /// Takes ownership of `descriptor`, which must be non-blocking.
    Connection(int descriptor,
               std::string client_ip,
               std::shared_ptr<Front> front,
               Holding holding,
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

    /// Answers the request that was given to Front::serve. `trust` is that of its route.
    void reply(Reply reply, bool head_only, Trust trust);

    /// The answer to Front::ask: nothing, or why the body is not read.
    void judged(std::optional<Problem> problem);

    /// Takes up what the client has sent already.
    void go_on();

    /// Sends what is left; for the draining thread.
    Flush flush();
    /// Ends the connection without further ado.
    void cut();
    /// Gives up what it holds, since the server has no room: 503 for a request that arrives, the
    /// end for a reply that is not taken.
    void shed();
    /// Acts on a deadline that has passed: 408 for a slow request, 503 for a slow handler, the end
    /// for the rest.
    void expire(Clock::time_point now);

    /// The counted bytes that shed() would free.
    [[nodiscard]] size_t held() const noexcept { return held_.load(); }

    [[nodiscard]] Trust trust() const noexcept { return trust_.load(); }

    [[nodiscard]] const std::shared_ptr<Client>& client() const noexcept {
        return holding_.client();
    }

    /// A reply is owed or still being sent.
    [[nodiscard]] bool busy() const noexcept { return busy_.load(); }

    /// Requests may still come or be answered.
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

    /// Something was read that no request has been made of.
    [[nodiscard]] bool has_more() const noexcept {
        return open_.load() && !framer_.between_requests();
    }

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
