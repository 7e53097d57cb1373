// A rendered reply and how much of it the socket has taken. One thread at a time.
#pragma once

#include <cstddef>
#include <string>

namespace ezapi::host::http {

enum class Flush { kDone, kAgain, kDead };

class PendingReply {
public:
    /// Replaces what was pending; nothing of it has been sent.
    void set(std::string head, std::string body) noexcept;

    /// Sends what the socket takes at once. kAgain: it takes no more now; kDead: the connection is
    /// broken. Frees the memory when all is sent.
    [[nodiscard]] Flush flush(int descriptor);

    /// Forgets the reply and frees its memory.
    void clear() noexcept;

    /// The memory that it takes.
    [[nodiscard]] size_t capacity() const noexcept { return head_.capacity() + body_.capacity(); }

private:
    std::string head_;
    std::string body_;
    size_t sent_ = 0;
};

}  // namespace ezapi::host::http
