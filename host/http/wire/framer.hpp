// Splits the input of one connection into whole requests. The result does not depend on how the
// network split the bytes, every accepted request has one interpretation, and the memory stays
// within the limits. No I/O and no clock: the connection feeds it and asks it to advance.
//
//     framer.feed(bytes);
//     while (true) switch (framer.advance()) {
//         case Step::kHead: framer.set_body_limit(limit_of(framer.head())); break;
//         ...
#pragma once

#include <string>
#include <string_view>

#include "host/http/memory/budget.hpp"
#include "host/http/wire/head.hpp"

namespace ezapi::host::http {

struct Request {
    Head head;
    std::string body;  // decoded from its transfer coding
    Holding holding;   // the body's part of the memory budget
};

class Framer {
public:
    enum class Step {
        kNeedMore,
        kHead,      // once per request, before its body is looked at
        kContinue,  // the client waits for "100 Continue"; said once
        kRequest,   // whole; take() it
        kFault      // permanent; nothing more is read
    };

    explicit Framer(const Limits& limits) : limits_(limits), body_limit_(limits.body_bytes) {}

    /// Discards all input, and a fault, and frees the memory.
    void reset();

    void feed(std::string_view bytes);
    [[nodiscard]] Step advance();

    [[nodiscard]] const Head& head() const noexcept { return request_.head; }

    [[nodiscard]] const Fault& fault() const noexcept { return fault_; }

    /// For the request whose head is ready.
    void set_body_limit(uint64_t bytes) noexcept { body_limit_ = bytes; }

    /// The request that kRequest announced; the framer then goes on with the next one.
    [[nodiscard]] Request take();

    /// Instead of reading the body of the request whose head is ready: gives the head, drops the
    /// body as it arrives, and goes on with the next request. Only for a body of known length.
    [[nodiscard]] Request take_without_body();

    /// The body being received belongs to a request that was taken without it.
    [[nodiscard]] bool dropping() const noexcept { return dropping_; }

    /// Nothing of a next request has arrived.
    [[nodiscard]] bool between_requests() const noexcept {
        return state_ == State::kHead && input_.size() == position_;
    }

    [[nodiscard]] bool in_body() const noexcept {
        return state_ != State::kHead && state_ != State::kFault;
    }

    /// Bytes held: unread input and the body so far.
    [[nodiscard]] size_t buffered() const noexcept {
        return input_.size() - position_ + request_.body.size();
    }

    /// The memory that they take.
    [[nodiscard]] size_t capacity() const noexcept {
        return input_.capacity() + request_.body.capacity();
    }

    [[nodiscard]] uint64_t body_limit() const noexcept { return body_limit_; }

private:
    enum class State {
        kHead,
        kBodyStart,
        kSized,
        kChunkSize,
        kChunkData,
        kChunkEnd,
        kTrailers,
        kDone,
        kFault
    };

    Step advance_head();
    Step advance_body_start();
    Step advance_sized();
    Step advance_chunk_size();
    Step advance_chunk_data();
    Step advance_chunk_end();
    Step advance_trailers();

    [[nodiscard]] std::string_view unread() const noexcept {
        return std::string_view(input_).substr(position_);
    }

    /// Checks line ends and control characters of what is new; false: a fault was set.
    bool scan_head(std::string_view text);
    void move_to_body(uint64_t bytes);
    void consume(size_t bytes);
    Step fail(Fault fault);
    Step fail_too_large();

    Limits limits_;
    uint64_t body_limit_;
    State state_ = State::kHead;
    std::string input_;
    size_t position_ = 0;     // input_ is consumed up to here
    size_t scanned_ = 0;      // bytes of the head that need not be checked again
    uint64_t remaining_ = 0;  // of a sized body or of a chunk
    size_t trailer_bytes_ = 0;
    bool continue_said_ = false;
    bool line_forgiven_ = false;
    bool dropping_ = false;
    Request request_;
    Fault fault_;
};

}  // namespace ezapi::host::http
