#include "host/http/wire/connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include "host/http/memory/release.hpp"

namespace ezapi::host::http {

namespace {

constexpr uint64_t kIgnoredBytes = 1024 * 1024;  // beyond the largest body
constexpr size_t kPipelinedBytes = 64 * 1024;    // beyond the head and body that are being judged
constexpr uint64_t kDroppedBytes = 64 * 1024;    // of a refused body, to keep the connection

// At shutdown a client that sends further requests gets replies with "Connection: close"; an idle
// client, or one that is slow with a request, gets this long.
constexpr std::chrono::milliseconds kIdleAtEnd{500};
constexpr std::chrono::milliseconds kReadingAtEnd{2000};

}  // namespace

Connection::Connection(int descriptor,
                       std::string client_ip,
                       std::shared_ptr<Front> front,
                       std::shared_ptr<ConnectionOwner> owner,
                       Holding holding,
                       const Limits& limits,
                       const Timeouts& timeouts)
    : descriptor_(descriptor),
      client_ip_(std::move(client_ip)),
      front_(std::move(front)),
      owner_(std::move(owner)),
      limits_(limits),
      timeouts_(timeouts),
      framer_(limits),
      holding_(std::move(holding)) {
    // A new connection must send a request: it gets the limit of a head, not the longer one of an
    // idle connection.
    enter(Phase::kHead, timeouts_.head);
}

Connection::~Connection() {
    ::close(descriptor_);
    owner_->forget(*client());
}

void Connection::on_input(std::string_view bytes) {
    bool has_room = true;
    {
        const Lock lock(mutex_);
        if (phase_ == Phase::kClosed) return;
        if (phase_ == Phase::kLingering || last_) {  // input after the last request is ignored
            ignored_ += bytes.size();
            if (ignored_ > limits_.body_bytes + kIgnoredBytes) close_locked();
            return;
        }
        framer_.feed(bytes);
        has_room = account();
        const bool judging = phase_ == Phase::kJudging;
        if (busy()) {
            const uint64_t body = judging ? framer_.body_limit() : 0;
            const bool too_much = framer_.buffered() > limits_.head_bytes + kPipelinedBytes + body;
            const bool no_room = !has_room && framer_.buffered() > kUncountedBytes;
            if (too_much || (no_room && !judging)) {
                drop_pipelined();
                return;
            }
        }
    }
    if (!has_room) owner_->relieve(*this);
    go_on();
}

/// The client pipelines more than is buffered: the current request is answered, then the connection
/// is closed.
void Connection::drop_pipelined() {
    last_ = true;
    framer_.reset();
    account();
}

void Connection::on_input_end() {
    {
        const Lock lock(mutex_);
        input_ended_ = true;
        if (busy()) return;
        if (phase_ == Phase::kLingering) close_locked();
    }
    // Whole requests that are still in the framer are answered before the connection ends.
    go_on();
}

void Connection::reply(Reply reply, bool head_only, Trust trust) {
    bool writes = false;
    bool has_room = true;
    {
        const Lock lock(mutex_);
        if (phase_ != Phase::kServing) return;
        trust_ = trust;
        send_reply(std::move(reply), head_only);
        has_room = account() || held_ == 0;
        writes = phase_ == Phase::kWriting;
        if (!writes && (pumping_ || !has_more())) return;
    }
    if (writes) {
        owner_->hand_to_drain(shared_from_this());
        if (!has_room) owner_->relieve(*this);
    } else {
        front_->resume(shared_from_this());
    }
}

void Connection::judged(std::optional<Problem> problem) {
    {
        Lock lock(mutex_);
        if (phase_ != Phase::kJudging) return;
        if (problem) {
            answer_without_body(lock, std::move(problem));
        } else {
            trust_ = Trust::kMaster;
            enter(Phase::kBody, timeouts_.body);
        }
    }
    go_on();
}

Flush Connection::flush() {
    Flush result = Flush::kDone;
    {
        const Lock lock(mutex_);
        if (phase_ != Phase::kWriting) return Flush::kDone;
        result = pending_.flush(descriptor_);
        if (result == Flush::kAgain) return result;
        if (result == Flush::kDead) {
            close_locked();
        } else {
            after_reply();
        }
        account();
        if (!has_more()) return result;
    }
    front_->resume(shared_from_this());
    return result;
}

void Connection::cut() {
    const Lock lock(mutex_);
    close_locked();
}

void Connection::shed() {
    Lock lock(mutex_);
    if (phase_ == Phase::kHead || phase_ == Phase::kBody || phase_ == Phase::kJudging) {
        refuse(lock, {503, "memory", "more is being sent than can be held"});
    } else if (phase_ == Phase::kServing) {
        drop_pipelined();
    } else {
        close_locked();
    }
}

void Connection::expire(Clock::time_point now) {
    // Most deadlines have not passed; those connections are skipped without taking their lock.
    const bool ending = owner_->ending();
    const bool passed = now.time_since_epoch().count() >= deadline_.load();
    if (!passed && (busy() || !ending)) return;

    Lock lock(mutex_);
    const bool late = now.time_since_epoch().count() >= deadline_.load();
    if (phase_ == Phase::kIdle || (phase_ == Phase::kHead && framer_.between_requests())) {
        if (late || (ending && now >= since_ + kIdleAtEnd)) close_locked();
    } else if (phase_ == Phase::kLingering) {
        if (late) close_locked();
    } else if (phase_ == Phase::kServing || phase_ == Phase::kJudging) {
        if (!late) return;
        refuse(lock,
               {503,
                "slow_answer",
                "no answer in time; it is not known whether the request was carried out"});
    } else if (framer_.dropping()) {  // its reply has been sent
        if (late || (ending && now >= since_ + kIdleAtEnd)) close_locked();
    } else if (phase_ == Phase::kHead || phase_ == Phase::kBody) {
        if (!late && !(ending && now >= since_ + kReadingAtEnd)) return;
        if (phase_ == Phase::kHead) {
            refuse(lock, {408, "slow_head", "the head did not arrive in time"});
        } else {
            refuse(lock, {408, "slow_body", "the body did not arrive in time"});
        }
    }
}

/// Sends the last reply of the connection. Releases the lock meanwhile.
void Connection::refuse(Lock& lock, const Fault& fault) {
    const Fault reason = fault;
    const std::optional<std::string> origin = framer_.head().field("origin");
    drop_pipelined();
    enter(Phase::kServing, timeouts_.write);
    lock.unlock();
    reply(front_->refuse(reason, origin), false, Trust::kNone);
    lock.lock();
}

/// Takes requests out of the framer until one is being answered. A handler may reply at once on
/// this thread; the loop then continues here, so that pipelined requests do not nest.
void Connection::go_on() {
    Lock lock(mutex_);
    if (pumping_) return;
    pumping_ = true;
    try {
        while (step(lock)) {
        }
    } catch (const std::exception&) {
        // No memory for the request, so none for a reply either: close.
        if (!lock.owns_lock()) lock.lock();
        pumping_ = false;
        close_locked();
        throw;
    }
    pumping_ = false;
}

bool Connection::step(Lock& lock) {
    if (phase_ != Phase::kIdle && phase_ != Phase::kHead && phase_ != Phase::kBody) return false;
    switch (framer_.advance()) {
        case Framer::Step::kNeedMore:
            return on_need_more(lock);
        case Framer::Step::kHead:
            return on_head(lock);
        case Framer::Step::kContinue:
            if (say_continue()) return true;
            close_locked();
            return false;
        case Framer::Step::kFault:
            refuse(lock, framer_.fault());
            return true;
        case Framer::Step::kRequest: {
            Request request = framer_.take();
            if (request.body.capacity() > kUncountedBytes) {
                request.holding = Holding(holding_.budget(), holding_.client());
                request.holding.set(trust_, request.body.capacity());
            }
            account();
            last_ = !request.head.keep_alive;
            serve(lock, std::move(request), std::nullopt);
            return true;
        }
    }
    return false;
}

bool Connection::on_need_more(Lock& lock) {
    const bool has_room = account();
    update_reading_phase();
    if (!has_room && held_ > 0) {
        refuse(lock, {503, "memory", "more is being sent than can be held"});
        return true;
    }
    if (input_ended_) close_locked();
    return false;
}

/// A request without a body is checked when it is served, which is next.
bool Connection::on_head(Lock& lock) {
    const Head& head = framer_.head();
    http10_ = head.minor_version == 0;
    trust_ = Trust::kNone;
    if (!head.has_body()) {
        update_reading_phase();
        return true;
    }
    Ruling ruling = front_->judge(*this, head);
    framer_.set_body_limit(ruling.body_limit);
    switch (ruling.next) {
        case Ruling::Next::kAnswer:
            answer_without_body(lock, std::move(ruling.problem));
            return true;
        case Ruling::Next::kAsk: {
            enter(Phase::kJudging, timeouts_.body);
            const Head asked = head;
            lock.unlock();
            front_->ask(shared_from_this(), asked);
            lock.lock();
            return true;
        }
        case Ruling::Next::kRead:
            trust_ = ruling.trust;
            update_reading_phase();
            return true;
    }
    return false;
}

/// A small body is read and dropped. For a larger one, or one that the client may never send, the
/// connection is closed, so that no part of it is parsed as a request.
void Connection::answer_without_body(Lock& lock, std::optional<Problem> problem) {
    const Head& head = framer_.head();
    last_ = !head.keep_alive || head.chunked || head.expects_continue ||
            head.content_length > kDroppedBytes;
    Request request;
    if (last_) {
        request = framer_.take();
        release(request.body);
        drop_pipelined();
    } else {
        request = framer_.take_without_body();
    }
    serve(lock, std::move(request), std::move(problem));
}

void Connection::serve(Lock& lock, Request request, std::optional<Problem> problem) {
    enter(Phase::kServing, timeouts_.serve);
    lock.unlock();
    front_->serve(shared_from_this(), std::move(request), std::move(problem));
    lock.lock();
}

void Connection::send_reply(Reply reply, bool head_only) {
    last_ = last_ || owner_->ending() || (input_ended_ && framer_.between_requests());
    const Delivery delivery{last_, http10_ && !last_, head_only};
    const bool has_body = !head_only && reply.status != 204 && reply.status != 304;
    std::string head = render_head(reply, delivery);
    pending_.set(std::move(head), has_body ? std::move(reply.body) : std::string());
    enter(Phase::kWriting, timeouts_.write);
    const Flush result = pending_.flush(descriptor_);
    if (result == Flush::kDone) after_reply();
    if (result == Flush::kDead) close_locked();
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
    // Closing a socket with unread input sends a reset, which can discard the reply before the
    // client has read it. So only our side is shut down, and further input is dropped until the
    // client closes.
    ::shutdown(descriptor_, SHUT_WR);
    enter(Phase::kLingering, timeouts_.linger);
}

void Connection::close_locked() {
    if (phase_ == Phase::kClosed) return;
    ::shutdown(descriptor_, SHUT_RDWR);
    enter(Phase::kClosed, Timeouts::Duration::max());
    pending_.clear();
    framer_.reset();
    account();
}

void Connection::enter(Phase phase, std::chrono::milliseconds limit) {
    phase_ = phase;
    since_ = Clock::now();
    const bool endless = limit == Timeouts::Duration::max();
    deadline_ = endless ? Clock::time_point::max().time_since_epoch().count()
                        : (since_ + limit).time_since_epoch().count();
    busy_ = phase == Phase::kJudging || phase == Phase::kServing || phase == Phase::kWriting;
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

/// Updates the memory budget; false: it is exceeded.
bool Connection::account() noexcept {
    const size_t bytes = framer_.capacity() + pending_.capacity();
    if (bytes <= kUncountedBytes && held_ == 0) return true;
    held_ = bytes <= kUncountedBytes ? 0 : bytes;
    holding_.set(trust_, bytes);
    return holding_.has_room();
}

bool Connection::say_continue() {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const ssize_t written =
        ::send(descriptor_, kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return written == static_cast<ssize_t>(kContinue.size());
}

}  // namespace ezapi::host::http
