#include "tests/support/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

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

/// Sends a reset to the peer, as after a loss of the connection's state in the network.
void reset(int descriptor) {
    const linger now{1, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool send_all(int descriptor, const char* data, size_t size) {
    while (size > 0) {
        const ssize_t sent = send(descriptor, data, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data += sent;
        size -= static_cast<size_t>(sent);
    }
    return true;
}

}  // namespace

TcpProxy::TcpProxy(uint16_t target, Tap tap) : target_(target), tap_(std::move(tap)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 128) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("test: the proxy cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

TcpProxy::~TcpProxy() {
    ending_ = true;
    acceptor_.join();
    cut();
    for (const auto& pair : pairs_) pair->thread.join();
    close(listener_);
}

void TcpProxy::cut() {
    const std::lock_guard lock(mutex_);
    for (const auto& pair : pairs_) {
        if (pair->over) continue;
        reset(pair->client);
        reset(pair->server);
        shutdown(pair->client, SHUT_RDWR);
        shutdown(pair->server, SHUT_RDWR);
    }
}

void TcpProxy::refuse(bool refusing) {
    refusing_ = refusing;
    if (refusing) cut();
}

void TcpProxy::stall(bool stalling) {
    stalling_ = stalling;
}

void TcpProxy::accept_all() {
    while (!ending_) {
        pollfd ready{listener_, POLLIN, 0};
        if (poll(&ready, 1, kTickMs) > 0) {
            const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client >= 0) take(client);
        }
        sweep();
    }
}

void TcpProxy::take(int client) {
    const int server = refusing_ ? -1 : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = local(target_);
    if (server < 0 ||
        connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        reset(client);
        close(client);
        if (server >= 0) close(server);
        return;
    }
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto pair = std::make_unique<Pair>();
    pair->client = client;
    pair->server = server;
    Pair& running = *pair;
    const std::lock_guard lock(mutex_);
    pairs_.push_back(std::move(pair));
    running.thread = std::thread([this, &running] { forward(running); });
}

void TcpProxy::forward(Pair& pair) const {
    std::array<char, 65536> buffer;
    bool open = true;
    while (open && !ending_) {
        if (stalling_) {
            poll(nullptr, 0, kTickMs);
            continue;
        }
        std::array<pollfd, 2> ready{pollfd{pair.client, POLLIN, 0}, pollfd{pair.server, POLLIN, 0}};
        if (poll(ready.data(), ready.size(), kTickMs) <= 0) continue;
        for (size_t i = 0; i < 2 && open; ++i) {
            if (ready[i].revents == 0) continue;
            const ssize_t count = recv(ready[i].fd, buffer.data(), buffer.size(), 0);
            if (tap_ && i == 0 && count > 0)
                tap_(pair.client, {buffer.data(), static_cast<size_t>(count)});
            open =
                count > 0 && send_all(ready[1 - i].fd, buffer.data(), static_cast<size_t>(count));
        }
    }
    pair.over = true;
}

/// Closes finished connections.
void TcpProxy::sweep() {
    std::vector<std::unique_ptr<Pair>> over;
    {
        const std::lock_guard lock(mutex_);
        for (auto& pair : pairs_) {
            if (pair->over) over.push_back(std::move(pair));
        }
        std::erase(pairs_, nullptr);
    }
    for (const auto& pair : over) {
        pair->thread.join();
        close(pair->client);
        close(pair->server);
    }
}

}  // namespace ezapi::tests
