#include "host/http/wire/pending_reply.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <utility>

#include "host/http/memory/release.hpp"

namespace ezapi::host::http {

void PendingReply::set(std::string head, std::string body) noexcept {
    head_ = std::move(head);
    body_ = std::move(body);
    sent_ = 0;
}

Flush PendingReply::flush(int descriptor) {
    const size_t total = head_.size() + body_.size();
    while (sent_ < total) {
        std::array<iovec, 2> parts{};
        size_t count = 0;
        if (sent_ < head_.size()) {
            parts[count++] = {head_.data() + sent_, head_.size() - sent_};
        }
        const size_t body_sent = sent_ > head_.size() ? sent_ - head_.size() : 0;
        if (body_sent < body_.size()) {
            parts[count++] = {body_.data() + body_sent, body_.size() - body_sent};
        }
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const ssize_t written = ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written >= 0) {
            sent_ += static_cast<size_t>(written);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return Flush::kAgain;
        } else if (errno != EINTR) {
            return Flush::kDead;
        }
    }
    clear();
    return Flush::kDone;
}

void PendingReply::clear() noexcept {
    release(head_);
    release(body_);
}

}  // namespace ezapi::host::http
