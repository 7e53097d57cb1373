#include "host/redis/connection.hpp"

#include <hiredis/hiredis.h>
#include <hiredis/sds.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

#include "ezapi/escape.hpp"
#include "host/redis/client.hpp"

namespace ezapi::host::redis {
namespace {

int milliseconds_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return static_cast<int>(std::clamp<int64_t>(left, 0, std::numeric_limits<int>::max()));
}

/// False at the deadline.
bool wait_for(int descriptor, short events, Clock::time_point deadline) {
    pollfd socket{descriptor, events, 0};
    for (;;) {
        const int ready = poll(&socket, 1, milliseconds_until(deadline));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

/// A connected socket, or the error number in `fault`.
int connect_socket(const Address& address, Clock::time_point deadline, int& fault) {
    const int family = address.storage.ss_family;
    const int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return (fault = errno, -1);
    const auto* target = reinterpret_cast<const sockaddr*>(&address.storage);
    fault = connect(descriptor, target, address.length) == 0 ? 0 : errno;
    if (fault == EINPROGRESS) {
        socklen_t size = sizeof fault;
        if (!wait_for(descriptor, POLLOUT, deadline)) {
            fault = ETIMEDOUT;
        } else if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &fault, &size) != 0) {
            fault = errno;
        }
    }
    if (fault != 0) {
        close(descriptor);
        return -1;
    }
    if (family != AF_UNIX) {
        const int on = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    return descriptor;
}

}  // namespace

Unreached::Unreached(const std::string& why, bool sent, Cause cause)
    : Error(Error(sent ? EZ_TIMEOUT : EZ_UNAVAILABLE,
                  "redis: " + why + (sent ? "; it may have been executed" : ""))
                .with_code(sent ? "outcome_unknown" : "redis_unavailable")),
      why_(why),
      sent_(sent),
      cause_(cause) {}

void Connection::Free::operator()(redisContext* context) const noexcept {
    redisFree(context);
}

Connection::Connection(const Options& options, Resolver& resolver, Clock::time_point deadline)
    : max_reply_bytes_(options.max_reply_bytes) {
    std::vector<Address> addresses;
    try {
        addresses = resolver.resolve(deadline);
    } catch (const Error& error) {
        throw Unreached(error.what(), false);
    }
    open(addresses, deadline);
    greet(options, deadline);
}

void Connection::open(const std::vector<Address>& addresses, Clock::time_point deadline) {
    int fault = 0;
    for (size_t i = 0; i < addresses.size(); ++i) {
        const auto share = (deadline - Clock::now()) / static_cast<int64_t>(addresses.size() - i);
        const int descriptor = connect_socket(addresses[i], Clock::now() + share, fault);
        if (descriptor < 0) continue;
        context_.reset(redisConnectFd(descriptor));
        if (context_ == nullptr) {
            close(descriptor);
            throw Unreached("out of memory", false);
        }
        // The socket is non-blocking: EAGAIN is not an error.
        context_->flags &= ~REDIS_BLOCK;
        return;
    }
    const auto cause = fault == ETIMEDOUT ? Unreached::Cause::late : Unreached::Cause::broken;
    throw Unreached(std::string("cannot connect: ") + std::strerror(fault), false, cause);
}

void Connection::greet(const Options& options, Clock::time_point deadline) {
    const std::string database = std::to_string(options.database);
    std::vector<std::vector<std::string_view>> words;
    if (!options.password.empty() && options.username.empty())
        words.push_back({"AUTH", options.password});
    if (!options.password.empty() && !options.username.empty()) {
        words.push_back({"AUTH", options.username, options.password});
    }
    if (options.database != 0) words.push_back({"SELECT", database});
    words.push_back({"PING"});
    const std::vector<Command> commands(words.begin(), words.end());
    std::vector<Reply> replies;
    try {
        replies = exchange(commands, deadline);
    } catch (const Unreached& error) {
        const auto cause = error.late() ? Unreached::Cause::late : Unreached::Cause::broken;
        throw Unreached("no greeting: " + error.why(), false, cause);
    }
    for (size_t i = 0; i < replies.size(); ++i) {
        if (!replies[i].is_error()) continue;
        throw Unreached(std::string(words[i].front()) +
                            " was refused: " + escape_controls(replies[i].text, kMostOfMessage),
                        false);
    }
}

std::vector<Reply> Connection::exchange(std::span<const Command> commands,
                                        Clock::time_point deadline) {
    unfinished_ = true;
    sent_ = false;
    received_ = 0;
    for (const Command& command : commands) append(command);
    flush(deadline);
    std::vector<Reply> replies;
    replies.reserve(commands.size());
    while (replies.size() < commands.size()) {
        if (std::optional<Reply> reply = next(); reply) {
            replies.push_back(std::move(*reply));
            continue;
        }
        wait(POLLIN, deadline);
        read_available();
    }
    unfinished_ = false;
    used_ = Clock::now();
    return replies;
}

void Connection::append(Command command) {
    std::vector<const char*> words;
    std::vector<size_t> sizes;
    for (const std::string_view word : command) {
        words.push_back(word.empty() ? "" : word.data());
        sizes.push_back(word.size());
    }
    const int count = static_cast<int>(words.size());
    if (redisAppendCommandArgv(context_.get(), count, words.data(), sizes.data()) != REDIS_OK) {
        fail("out of memory");
    }
}

void Connection::flush(Clock::time_point deadline) {
    for (int done = 0;;) {
        const size_t before = sdslen(context_->obuf);
        if (redisBufferWrite(context_.get(), &done) != REDIS_OK) fail(context_->errstr);
        sent_ = sent_ || done != 0 || sdslen(context_->obuf) < before;
        if (done != 0) return;
        // Redis stops reading while its answers are not read.
        wait(POLLIN | POLLOUT, deadline);
        read_available();
    }
}

void Connection::read_available() {
    const size_t before = context_->reader->len;
    if (redisBufferRead(context_.get()) != REDIS_OK) fail(context_->errstr);
    received_ += context_->reader->len - before;
    if (received_ > max_reply_bytes_) {
        fail("the reply is larger than the limit of " + std::to_string(max_reply_bytes_) +
             " bytes");
    }
}

std::optional<Reply> Connection::next() {
    void* raw = nullptr;
    if (redisGetReplyFromReader(context_.get(), &raw) != REDIS_OK) fail(context_->errstr);
    if (raw == nullptr) return std::nullopt;
    const std::unique_ptr<redisReply, void (*)(void*)> reply(static_cast<redisReply*>(raw),
                                                             freeReplyObject);
    received_ = 0;
    return copy_reply(*reply);
}

int Connection::descriptor() const noexcept {
    return context_->fd;
}

bool Connection::stale() const noexcept {
    pollfd socket{context_->fd, POLLIN, 0};
    return poll(&socket, 1, 0) != 0;
}

void Connection::wait(short events, Clock::time_point deadline) {
    if (!wait_for(context_->fd, events, deadline))
        fail("no answer in time", Unreached::Cause::late);
}

void Connection::fail(const std::string& why, Unreached::Cause cause) {
    unfinished_ = true;
    throw Unreached(why, sent_, cause);
}

}  // namespace ezapi::host::redis
