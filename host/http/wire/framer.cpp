#include "host/http/wire/framer.hpp"

#include <algorithm>
#include <utility>

#include "ezapi/base/hex.hpp"
#include "host/http/memory/release.hpp"

namespace ezapi::host::http {

namespace {

constexpr size_t kChunkLineBytes = 256;       // the size and extensions, which are ignored
constexpr size_t kTrailerBytes = 8 * 1024;    // ignored too
constexpr size_t kReserveAtOnce = 64 * 1024;  // the client may send less than it announced
constexpr size_t kKeptInput = 8 * 1024;       // of input capacity kept between requests

}  // namespace

void Framer::reset() {
    Framer fresh(limits_);
    std::swap(*this, fresh);  // an assignment would keep the memory
}

void Framer::feed(std::string_view bytes) {
    if (state_ == State::kFault) return;
    const bool in_data = state_ == State::kSized || state_ == State::kChunkData;
    if (in_data && input_.size() == position_) {
        const size_t part = static_cast<size_t>(std::min<uint64_t>(remaining_, bytes.size()));
        if (!dropping_) request_.body.append(bytes.substr(0, part));
        remaining_ -= part;
        bytes.remove_prefix(part);
    }
    input_.append(bytes);
}

Framer::Step Framer::advance() {
    while (true) {
        const State before = state_;
        Step step = Step::kNeedMore;
        switch (state_) {
            case State::kHead:
                step = advance_head();
                break;
            case State::kBodyStart:
                step = advance_body_start();
                break;
            case State::kSized:
                step = advance_sized();
                break;
            case State::kChunkSize:
                step = advance_chunk_size();
                break;
            case State::kChunkData:
                step = advance_chunk_data();
                break;
            case State::kChunkEnd:
                step = advance_chunk_end();
                break;
            case State::kTrailers:
                step = advance_trailers();
                break;
            case State::kDone:
                return Step::kRequest;
            case State::kFault:
                return Step::kFault;
        }
        if (step != Step::kNeedMore || state_ == before) return step;
    }
}

Request Framer::take() {
    Request request = std::move(request_);
    request_ = Request{};
    body_limit_ = limits_.body_bytes;
    state_ = State::kHead;
    scanned_ = 0;
    continue_said_ = false;
    line_forgiven_ = false;
    return request;
}

Request Framer::take_without_body() {
    const uint64_t length = request_.head.content_length;
    Request request = take();
    release(request.body);
    remaining_ = length;
    dropping_ = true;
    state_ = State::kSized;
    return request;
}

bool Framer::scan_head(std::string_view text) {
    for (; scanned_ < text.size(); ++scanned_) {
        const char c = text[scanned_];
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n' && (scanned_ == 0 || text[scanned_ - 1] != '\r')) {
            return fail({400, "bad_request", "head: a line that ends in LF alone"}), false;
        }
        if (scanned_ > 0 && text[scanned_ - 1] == '\r' && c != '\n') {
            return fail({400, "bad_request", "head: a CR without LF"}), false;
        }
        if ((byte < 0x20 && c != '\r' && c != '\n' && c != '\t') || byte == 0x7F) {
            return fail({400, "bad_request", "head: a control character"}), false;
        }
        if (c == '\n' && scanned_ >= 3 && text[scanned_ - 2] == '\n') {
            ++scanned_;
            return true;
        }
    }
    return true;
}

Framer::Step Framer::advance_head() {
    // One empty line before a request is ignored, as RFC 9112 2.2 asks: old clients send one after
    // a body.
    if (scanned_ == 0 && !line_forgiven_ && unread().starts_with('\r')) {
        if (unread().size() == 1) return Step::kNeedMore;
        line_forgiven_ = true;
        if (unread()[1] == '\n') consume(2);
    }
    const std::string_view text = unread();
    if (!scan_head(text)) return Step::kFault;
    const std::string_view seen = text.substr(0, scanned_);
    if (!seen.ends_with("\r\n\r\n")) {
        const bool in_first_line = text.find('\n') == std::string_view::npos;
        if (in_first_line && text.size() > limits_.target_bytes + 64) {
            return fail({414, "uri_too_long", "request line: too long"});
        }
        if (text.size() <= limits_.head_bytes) return Step::kNeedMore;
    }
    if (seen.size() > limits_.head_bytes) {
        return fail({431,
                     "head_too_large",
                     "head: more than " + std::to_string(limits_.head_bytes) + " bytes"});
    }
    auto parsed = parse_head(seen.substr(0, seen.size() - 2), limits_);
    if (auto* fault = std::get_if<Fault>(&parsed)) return fail(std::move(*fault));
    request_.head = std::get<Head>(std::move(parsed));
    consume(seen.size());
    scanned_ = 0;
    state_ = State::kBodyStart;
    return Step::kHead;
}

Framer::Step Framer::advance_body_start() {
    const Head& head = request_.head;
    if (head.content_length > body_limit_) return fail_too_large();
    if (head.expects_continue && !continue_said_ && unread().empty()) {
        continue_said_ = true;
        return Step::kContinue;
    }
    if (head.chunked) {
        state_ = State::kChunkSize;
    } else {
        remaining_ = head.content_length;
        request_.body.reserve(std::min<uint64_t>(remaining_, kReserveAtOnce));
        state_ = State::kSized;
    }
    return Step::kNeedMore;
}

Framer::Step Framer::advance_sized() {
    move_to_body(remaining_);
    if (remaining_ > 0) return Step::kNeedMore;
    state_ = dropping_ ? State::kHead : State::kDone;
    dropping_ = false;
    return Step::kNeedMore;
}

Framer::Step Framer::advance_chunk_size() {
    const std::string_view text = unread();
    const auto end = text.find("\r\n");
    const std::string_view line = text.substr(0, std::min(end, text.size()));
    if (line.size() > kChunkLineBytes) {
        return fail({400, "bad_chunk", "chunk: a size line of more than 256 bytes"});
    }
    const bool whole = end != std::string_view::npos;
    // A CR may be the first half of a line end whose LF has not arrived.
    const std::string_view judged =
        !whole && line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    if (!is_field_value(judged)) return fail({400, "bad_chunk", "chunk: a control character"});
    if (!whole) return Step::kNeedMore;

    size_t digits = 0;
    uint64_t size = 0;
    for (; digits < line.size() && hex_digit(line[digits]) >= 0; ++digits) {
        size = size * 16 + static_cast<uint64_t>(hex_digit(line[digits]));
        if (digits >= 15) return fail_too_large();
    }
    const auto extension = trimmed(line.substr(digits));
    if (digits == 0 || (!extension.empty() && extension.front() != ';')) {
        return fail({400, "bad_chunk", "chunk: expected a hexadecimal size"});
    }
    if (extension.empty() && digits != line.size()) {
        return fail({400, "bad_chunk", "chunk: blanks after the size"});
    }
    if (size > body_limit_ - request_.body.size()) return fail_too_large();
    consume(line.size() + 2);
    remaining_ = size;
    trailer_bytes_ = 0;
    state_ = size == 0 ? State::kTrailers : State::kChunkData;
    return Step::kNeedMore;
}

Framer::Step Framer::advance_chunk_data() {
    move_to_body(remaining_);
    if (remaining_ == 0) state_ = State::kChunkEnd;
    return Step::kNeedMore;
}

Framer::Step Framer::advance_chunk_end() {
    const std::string_view text = unread().substr(0, 2);
    if (!std::string_view("\r\n").starts_with(text)) {
        return fail({400, "bad_chunk", "chunk: data longer than its size says"});
    }
    if (text.size() < 2) return Step::kNeedMore;
    consume(2);
    state_ = State::kChunkSize;
    return Step::kNeedMore;
}

Framer::Step Framer::advance_trailers() {
    while (true) {
        const std::string_view text = unread();
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        if (trailer_bytes_ + line.size() > kTrailerBytes) {
            return fail({431, "head_too_large", "trailer: more than 8192 bytes"});
        }
        const bool whole = end != std::string_view::npos;
        if (whole && !line.ends_with('\r')) {
            return fail({400, "bad_chunk", "trailer: a line that ends in LF alone"});
        }
        const std::string_view judged =
            line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
        if (!is_field_value(judged)) {
            return fail({400, "bad_chunk", "trailer: a control character"});
        }
        if (!whole) return Step::kNeedMore;
        trailer_bytes_ += line.size() + 1;
        const bool last = judged.empty();
        const auto colon = judged.find(':');
        if (!last && colon == std::string_view::npos) {
            return fail({400, "bad_chunk", "trailer: a line without a colon"});
        }
        if (!last && !is_token(judged.substr(0, colon))) {
            return fail({400, "bad_chunk", "trailer: a name that is not a token"});
        }
        consume(line.size() + 1);
        if (last) {
            state_ = State::kDone;
            return Step::kNeedMore;
        }
    }
}

void Framer::move_to_body(uint64_t bytes) {
    const size_t part = static_cast<size_t>(std::min<uint64_t>(bytes, unread().size()));
    if (!dropping_) request_.body.append(unread().substr(0, part));
    consume(part);
    remaining_ -= part;
}

void Framer::consume(size_t bytes) {
    position_ += bytes;
    if (position_ == input_.size()) {
        if (input_.capacity() > kKeptInput) release(input_);
        input_.clear();
        position_ = 0;
    } else if (position_ > input_.size() / 2) {
        input_.erase(0, position_);
        position_ = 0;
    }
}

Framer::Step Framer::fail(Fault fault) {
    fault_ = std::move(fault);
    state_ = State::kFault;
    release(input_);
    position_ = 0;
    release(request_.body);
    return Step::kFault;
}

Framer::Step Framer::fail_too_large() {
    if (body_limit_ == 0) return fail({400, "unexpected_body", "body: this route takes none"});
    return fail({413,
                 "body_too_large",
                 "body: more than the " + std::to_string(body_limit_) + " bytes allowed here"});
}

}  // namespace ezapi::host::http
