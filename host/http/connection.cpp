#include "host/http/connection.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ezapi::host::http {

namespace {

constexpr size_t kIgnoredBytes = 1024 * 1024;
constexpr size_t kPipelinedBytes = 64 * 1024;  // beyond one whole request

// When the server ends, a client that goes on asking gets a reply that says "close"; one that is
// quiet, or slow with a request, is not waited for longer than this.
constexpr std::chrono::milliseconds kIdleAtEnd{500};
constexpr std::chrono::milliseconds kReadingAtEnd{2000};

}  // namespace

Connection::Connection(int descriptor,
                       std::string client_ip,
                       std::shared_ptr<Front> front,
                       const Limits& limits,
                       const Timeouts& timeouts)
    : descriptor_(descriptor),
      client_ip_(std::move(client_ip)),
      front_(std::move(front)),
      limits_(limits),
      timeouts_(timeouts),
      framer_(limits) {
    // A new connection owes a request: it gets the time of a head, not that of an idle one.
    enter(Phase::kHead, timeouts_.head);
}

Connection::~Connection() {
    front_->account(-accounted_);
    ::close(descriptor_);
    front_->forget();
}

void Connection::on_input(std::string_view bytes) {
    {
        const Lock lock(mutex_);
        if (phase_ == Phase::kClosed) return;
        if (phase_ == Phase::kLingering || last_) {  // what follows the last request is none
            ignored_ += bytes.size();
            if (ignored_ > kIgnoredBytes) close_locked();
            return;
        }
        framer_.feed(bytes);
        account_buffer();
        const bool answering = phase_ == Phase::kServing || phase_ == Phase::kWriting;
        const size_t most = limits_.head_bytes + limits_.body_bytes + kPipelinedBytes;
        if (answering && framer_.buffered() > most) {
            last_ = true;  // pipelines more than is kept: answer what runs, then end
            framer_ = Framer(limits_);
            account_buffer();
            return;
        }
    }
    pump();
}

void Connection::on_input_end() {
    {
        const Lock lock(mutex_);
        input_ended_ = true;
        if (phase_ == Phase::kServing || phase_ == Phase::kWriting) return;
        if (phase_ == Phase::kLingering) close_locked();
    }
    // Whole requests that are still in the framer are answered before the connection ends.
    pump();
}

void Connection::reply(Reply reply, bool head_only) {
    {
        Lock lock(mutex_);
        if (phase_ != Phase::kServing) return;
        serving_bytes_ = 0;
        account_buffer();
        send_reply(std::move(reply), head_only);
        if (phase_ == Phase::kWriting) {
            lock.unlock();
            front_->hand_to_drain(shared_from_this());
            return;
        }
    }
    pump();
}

Connection::Flush Connection::flush() {
    Flush result = Flush::kDone;
    {
        const Lock lock(mutex_);
        if (phase_ != Phase::kWriting) return Flush::kDone;
        result = flush_locked();
        if (result == Flush::kAgain) return result;
        if (result == Flush::kDead) {
            close_locked();
        } else {
            after_reply();
        }
    }
    pump();
    return result;
}

void Connection::cut() {
    const Lock lock(mutex_);
    close_locked();
}

void Connection::expire(Clock::time_point now) {
    // Most connections are in time; they are passed without their lock.
    const bool ending = front_->ending();
    const bool passed = now.time_since_epoch().count() >= deadline_.load();
    if (!passed && (busy() || !ending)) return;

    Lock lock(mutex_);
    const bool late = now.time_since_epoch().count() >= deadline_.load();
    if (phase_ == Phase::kIdle || (phase_ == Phase::kHead && framer_.between_requests())) {
        if (late || (ending && now >= since_ + kIdleAtEnd)) close_locked();
    } else if (phase_ == Phase::kLingering) {
        if (late) close_locked();
    } else if (phase_ == Phase::kHead || phase_ == Phase::kBody) {
        if (!late && !(ending && now >= since_ + kReadingAtEnd)) return;
        if (phase_ == Phase::kHead) {
            refuse(lock, {408, "slow_head", "the head did not arrive in time"});
        } else {
            refuse(lock, {408, "slow_body", "the body did not arrive in time"});
        }
    }
}

/// Answers with the last reply of the connection. The lock is open while it does.
void Connection::refuse(Lock& lock, const Fault& fault) {
    const Fault reason = fault;
    const std::optional<std::string> origin = framer_.head().field("origin");
    last_ = true;
    enter(Phase::kServing, timeouts_.write);
    lock.unlock();
    reply(front_->refuse(reason, origin), false);
    lock.lock();
}

/// Takes requests out of the framer until one is being answered. A handler may answer at once, on
/// this very thread: it then returns here instead of going deeper with each pipelined request.
void Connection::pump() {
    Lock lock(mutex_);
    if (pumping_) return;
    pumping_ = true;
    while (step(lock)) {
    }
    pumping_ = false;
}

bool Connection::step(Lock& lock) {
    if (phase_ != Phase::kIdle && phase_ != Phase::kHead && phase_ != Phase::kBody) return false;
    switch (framer_.advance()) {
        case Framer::Step::kNeedMore:
            account_buffer();
            update_reading_phase();
            if (accounted_ > 0 && !front_->account(0)) {
                refuse(lock, {503, "memory", "more is being sent than can be held"});
                return true;
            }
            if (input_ended_) close_locked();
            return false;
        case Framer::Step::kHead:
            http10_ = framer_.head().minor_version == 0;
            framer_.set_body_limit(front_->body_limit(framer_.head()));
            update_reading_phase();
            return true;
        case Framer::Step::kContinue:
            if (say_continue()) return true;
            close_locked();
            return false;
        case Framer::Step::kFault:
            account_buffer();
            refuse(lock, framer_.fault());
            return true;
        case Framer::Step::kRequest: {
            Request request = framer_.take();
            serving_bytes_ = request.body.size();
            account_buffer();
            last_ = !request.head.keep_alive;
            enter(Phase::kServing, Timeouts::Duration::max());
            lock.unlock();
            front_->serve(shared_from_this(), std::move(request));
            lock.lock();
            return true;
        }
    }
    return false;
}

void Connection::send_reply(Reply reply, bool head_only) {
    last_ = last_ || front_->ending() || (input_ended_ && framer_.between_requests());
    const Delivery delivery{last_, http10_ && !last_, head_only};
    out_head_ = render_head(reply, delivery);
    if (head_only || reply.status == 204 || reply.status == 304) {
        out_body_.clear();
    } else {
        out_body_ = std::move(reply.body);
    }
    sent_ = 0;
    enter(Phase::kWriting, timeouts_.write);
    const Flush result = flush_locked();
    if (result == Flush::kDone) after_reply();
    if (result == Flush::kDead) close_locked();
}

Connection::Flush Connection::flush_locked() {
    const size_t total = out_head_.size() + out_body_.size();
    while (sent_ < total) {
        std::array<iovec, 2> parts{};
        size_t count = 0;
        if (sent_ < out_head_.size()) {
            parts[count++] = {out_head_.data() + sent_, out_head_.size() - sent_};
        }
        const size_t body_sent = sent_ > out_head_.size() ? sent_ - out_head_.size() : 0;
        if (body_sent < out_body_.size()) {
            parts[count++] = {out_body_.data() + body_sent, out_body_.size() - body_sent};
        }
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const ssize_t written = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written >= 0) {
            sent_ += static_cast<size_t>(written);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return Flush::kAgain;
        } else if (errno != EINTR) {
            return Flush::kDead;
        }
    }
    out_head_ = std::string();
    out_body_ = std::string();
    return Flush::kDone;
}

void Connection::after_reply() {
    if (!last_) {
        update_reading_phase();
        return;
    }
    if (input_ended_) {
        close_locked();
        return;
    }
    // Closing with unread input would reset the connection and could take the reply away from the
    // client, so only our side ends and what still comes is dropped until the client has read it.
    ::shutdown(descriptor_, SHUT_WR);
    enter(Phase::kLingering, timeouts_.linger);
}

void Connection::close_locked() {
    if (phase_ == Phase::kClosed) return;
    ::shutdown(descriptor_, SHUT_RDWR);
    enter(Phase::kClosed, Timeouts::Duration::max());
    out_head_ = std::string();
    out_body_ = std::string();
    framer_ = Framer(limits_);
    serving_bytes_ = 0;
    account_buffer();
}

void Connection::enter(Phase phase, std::chrono::milliseconds limit) {
    phase_ = phase;
    since_ = Clock::now();
    const bool endless = limit == Timeouts::Duration::max();
    deadline_ = endless ? Clock::time_point::max().time_since_epoch().count()
                        : (since_ + limit).time_since_epoch().count();
    busy_ = phase == Phase::kServing || phase == Phase::kWriting;
    open_ = phase != Phase::kLingering && phase != Phase::kClosed;
}

void Connection::update_reading_phase() {
    if (framer_.between_requests()) {
        if (phase_ != Phase::kIdle && phase_ != Phase::kHead) enter(Phase::kIdle, timeouts_.idle);
    } else if (framer_.in_body()) {
        if (phase_ != Phase::kBody) enter(Phase::kBody, timeouts_.body);
    } else if (phase_ != Phase::kHead) {
        enter(Phase::kHead, timeouts_.head);
    }
}

void Connection::account_buffer() {
    const auto held = static_cast<int64_t>(framer_.buffered() + serving_bytes_);
    if (held == accounted_) return;
    front_->account(held - accounted_);
    accounted_ = held;
}

bool Connection::say_continue() {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const ssize_t written =
        ::send(descriptor_, kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return written == static_cast<ssize_t>(kContinue.size());
}

}  // namespace ezapi::host::http
