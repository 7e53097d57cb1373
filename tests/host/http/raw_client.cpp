#include "tests/host/http/raw_client.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

using Clock = std::chrono::steady_clock;

RawClient::RawClient(int port, int receive_buffer, const char* from) {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) {
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    ::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(descriptor_);
        descriptor_ = -1;
    }
}

RawClient::~RawClient() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
}

bool RawClient::fill(Clock::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd polled{descriptor_, POLLIN, 0};
    if (left <= 0 || ::poll(&polled, 1, static_cast<int>(left)) <= 0) return false;
    std::array<char, 65536> part{};
    const ssize_t got = ::recv(descriptor_, part.data(), part.size(), 0);
    if (got <= 0) return false;
    buffer_.append(part.data(), static_cast<size_t>(got));
    return true;
}

RawReply RawClient::reply(bool has_body, std::chrono::milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    size_t end = buffer_.find("\r\n\r\n");
    while (end == std::string::npos) {
        if (!fill(deadline)) return {};
        end = buffer_.find("\r\n\r\n");
    }
    RawReply reply;
    std::string_view head = std::string_view(buffer_).substr(0, end + 2);
    reply.status = std::stoi(std::string(head.substr(9, 3)));
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
        const auto line = head.substr(0, head.find("\r\n"));
        const auto colon = line.find(':');
        reply.headers[lowered(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
        head.remove_prefix(line.size() + 2);
    }
    const std::string length = reply.header("content-length");
    const size_t size = has_body && !length.empty() ? std::stoul(length) : 0;
    while (buffer_.size() < end + 4 + size) {
        if (!fill(deadline)) return {};
    }
    reply.body = buffer_.substr(end + 4, size);
    buffer_.erase(0, end + 4 + size);
    return reply;
}

RawReply RawClient::ask(std::string_view bytes) {
    send(bytes);
    return reply();
}

bool RawClient::closed(std::chrono::milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    while (fill(deadline)) {
    }
    return buffer_.empty() && Clock::now() < deadline;
}

void RawClient::half_close() {
    ::shutdown(descriptor_, SHUT_WR);
}

void RawClient::reset() {
    const linger now{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(descriptor_);
    descriptor_ = -1;
}

std::string get_request(const std::string& target, const std::string& fields) {
    return "GET " + target + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

std::string post_request(const std::string& target,
                         const std::string& body,
                         const std::string& fields) {
    return "POST " + target +
           " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           fields + "\r\n" + body;
}

}  // namespace ezapi::host::http
