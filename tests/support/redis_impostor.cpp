#include "tests/support/redis_impostor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace ezapi::tests {
namespace {

constexpr int kTickMs = 20;

sockaddr_in local(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// One side of a connection, read in units of the protocol. Throws at its end.
class Stream {
public:
    Stream(int descriptor, const std::atomic<bool>& ending)
        : descriptor_(descriptor), ending_(ending) {}

    /// Reads a line with its terminator, or a number of bytes.
    std::string line() {
        size_t end = 0;
        while ((end = buffer_.find("\r\n")) == std::string::npos) fill();
        return take(end + 2);
    }

    std::string bytes(size_t count) {
        while (buffer_.size() < count) fill();
        return take(count);
    }

    /// Reads one reply or request, as sent.
    std::string unit() {
        std::string out = line();
        const long count = out[0] == '*' || out[0] == '$' ? std::stol(out.substr(1)) : -1;
        if (out[0] == '$' && count >= 0) out += bytes(static_cast<size_t>(count) + 2);
        for (long i = 0; out[0] == '*' && i < count; ++i) out += unit();
        return out;
    }

    void write(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t sent = send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) throw std::runtime_error("the peer is gone");
            text.remove_prefix(static_cast<size_t>(sent));
        }
    }

    /// Whether data arrived within a tick.
    [[nodiscard]] bool ready() const {
        pollfd socket{descriptor_, POLLIN, 0};
        return !buffer_.empty() || poll(&socket, 1, kTickMs) > 0;
    }

    std::string rest() {
        if (buffer_.empty()) fill();
        return take(buffer_.size());
    }

private:
    std::string take(size_t count) {
        std::string out = buffer_.substr(0, count);
        buffer_.erase(0, count);
        return out;
    }

    void fill() {
        pollfd socket{descriptor_, POLLIN, 0};
        while (poll(&socket, 1, kTickMs) <= 0) {
            if (ending_) throw std::runtime_error("the test ends");
        }
        std::array<char, 65536> part{};
        const ssize_t got = recv(descriptor_, part.data(), part.size(), 0);
        if (got <= 0) throw std::runtime_error("the peer is gone");
        buffer_.append(part.data(), static_cast<size_t>(got));
    }

    int descriptor_;
    const std::atomic<bool>& ending_;
    std::string buffer_;
};

std::vector<std::string> words_of(const std::string& request) {
    std::vector<std::string> out;
    size_t at = request.find("\r\n");
    while (at != std::string::npos && at + 2 < request.size()) {
        const size_t size = std::stoul(request.substr(at + 3));
        const size_t begin = request.find("\r\n", at + 2) + 2;
        out.push_back(request.substr(begin, size));
        at = begin + size;
    }
    return out;
}

}  // namespace

RedisImpostor::RedisImpostor(uint16_t target) : target_(target) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 128) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("test: the impostor cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

RedisImpostor::~RedisImpostor() {
    ending_ = true;
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    close(listener_);
}

std::string RedisImpostor::name_of(const std::vector<std::string>& words) {
    if (words.empty()) return {};
    if (words[0] == "EVALSHA" && words.size() > 1) return "EVALSHA " + words[1];
    return words[0];
}

std::set<std::string> RedisImpostor::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

void RedisImpostor::answer(const std::string& name, const std::string& reply) {
    const std::lock_guard lock(mutex_);
    name_ = name;
    reply_ = reply;
}

void RedisImpostor::relent() {
    answer({}, {});
}

std::optional<std::string> RedisImpostor::own_reply(const std::string& name) {
    const std::lock_guard lock(mutex_);
    seen_.insert(name);
    if (name.empty() || name != name_) return std::nullopt;
    ++answered_;
    return reply_;
}

void RedisImpostor::accept_all() {
    pollfd waiting{listener_, POLLIN, 0};
    while (!ending_) {
        if (poll(&waiting, 1, kTickMs) <= 0) continue;
        const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client >= 0) threads_.emplace_back([this, client] { serve(client); });
    }
}

void RedisImpostor::serve(int client) {
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = local(target_);
    try {
        if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("no Redis");
        Stream from_client(client, ending_);
        Stream from_server(server, ending_);
        bool subscribed = false;
        while (!ending_) {
            // Messages arrive without a request.
            if (subscribed && from_server.ready()) from_client.write(from_server.rest());
            if (!from_client.ready()) continue;
            const std::string request = from_client.unit();
            const std::string name = name_of(words_of(request));
            if (const auto reply = own_reply(name)) {
                from_client.write(*reply);
                continue;
            }
            subscribed = subscribed || name == "SUBSCRIBE";
            from_server.write(request);
            if (!subscribed) from_client.write(from_server.unit());
        }
    } catch (const std::runtime_error&) {
        // One side has closed; close the other.
    }
    close(client);
    close(server);
}

}  // namespace ezapi::tests
