// A TCP proxy between a client and a server that breaks connections: resets all, refuses new ones,
// or stops forwarding. A tap sees what clients send.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace ezapi::tests {

class TcpProxy {
public:
    /// Called on the thread of the connection with the client's bytes, before they are forwarded.
    using Tap = std::function<void(int connection, std::string_view bytes)>;

    /// Forwards to a port of 127.0.0.1, which need not be open yet.
    explicit TcpProxy(uint16_t target, Tap tap = {});
    ~TcpProxy();
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;

    [[nodiscard]] uint16_t port() const noexcept { return port_; }

    void cut();  // ends all connections with a reset
    void refuse(bool refusing);
    void stall(bool stalling);

private:
    struct Pair {
        int client = -1;
        int server = -1;
        std::thread thread;
        std::atomic<bool> over{false};
    };

    void accept_all();
    void take(int client);
    void forward(Pair& pair) const;
    void sweep();

    uint16_t target_;
    Tap tap_;
    uint16_t port_ = 0;
    int listener_ = -1;
    std::atomic<bool> ending_{false};
    std::atomic<bool> refusing_{false};
    std::atomic<bool> stalling_{false};
    std::mutex mutex_;
    std::vector<std::unique_ptr<Pair>> pairs_;
    std::thread acceptor_;
};

}  // namespace ezapi::tests
