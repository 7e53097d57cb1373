// A server on 127.0.0.1 that runs a script for each connection: to reply slowly, partly, or
// wrongly.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ezapi::host::redis {

class ScriptedServer {
public:
    /// One client of it, as the script sees it.
    class Peer {
    public:
        Peer(int descriptor, const std::atomic<bool>& stop)
            : descriptor_(descriptor), stop_(stop) {}

        /// Reads until something that ends with `end` has come; false when the client is gone.
        bool read_until(std::string_view end) {
            std::string seen;
            while (!seen.ends_with(end)) {
                if (!wait(POLLIN)) return false;
                char byte = 0;
                if (recv(descriptor_, &byte, 1, 0) != 1) return false;
                seen += byte;
            }
            return true;
        }

        bool write(std::string_view text) {
            return send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) ==
                   static_cast<ssize_t>(text.size());
        }

        /// Writes one byte at a time with pauses; false when the client is gone.
        bool drip(std::string_view text, std::chrono::milliseconds pause) {
            for (const char byte : text) {
                if (stop_ || !write({&byte, 1})) return false;
                std::this_thread::sleep_for(pause);
            }
            return true;
        }

    private:
        bool wait(short events) {
            pollfd socket{descriptor_, events, 0};
            while (!stop_) {
                if (poll(&socket, 1, 20) > 0) return true;
            }
            return false;
        }

        int descriptor_;
        const std::atomic<bool>& stop_;
    };

    using Script = std::function<void(Peer&)>;

    explicit ScriptedServer(Script script) : script_(std::move(script)) {
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener_, generic, size) == 0 && listen(listener_, 16) == 0) {
            getsockname(listener_, generic, &size);
            port_ = ntohs(address.sin_port);
        }
        thread_ = std::thread([this] { accept_all(); });
    }

    ~ScriptedServer() {
        stop_ = true;
        thread_.join();
        for (std::thread& each : peers_) each.join();
        close(listener_);
    }

    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    [[nodiscard]] uint16_t port() const noexcept { return port_; }

    [[nodiscard]] int connections() const noexcept { return connections_; }

private:
    void accept_all() {
        pollfd socket{listener_, POLLIN, 0};
        while (!stop_) {
            if (poll(&socket, 1, 20) <= 0) continue;
            const int descriptor = accept(listener_, nullptr, nullptr);
            if (descriptor < 0) continue;
            ++connections_;
            peers_.emplace_back([this, descriptor] {
                Peer peer(descriptor, stop_);
                script_(peer);
                close(descriptor);
            });
        }
    }

    Script script_;
    int listener_ = -1;
    uint16_t port_ = 0;
    std::atomic<bool> stop_ = false;
    std::atomic<int> connections_ = 0;
    std::vector<std::thread> peers_;
    std::thread thread_;
};

}  // namespace ezapi::host::redis
