// A proxy between a client and a Redis server that answers chosen commands itself, to test how the
// client handles the replies. All other commands are forwarded. Records which commands it has seen.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace ezapi::tests {

class RedisImpostor {
public:
    /// Forwards to a Redis on a port of 127.0.0.1.
    explicit RedisImpostor(uint16_t target);
    ~RedisImpostor();
    RedisImpostor(const RedisImpostor&) = delete;
    RedisImpostor& operator=(const RedisImpostor&) = delete;

    [[nodiscard]] uint16_t port() const noexcept { return port_; }

    /// The name of a command: its verb, and for EVALSHA the script.
    [[nodiscard]] static std::string name_of(const std::vector<std::string>& words);

    [[nodiscard]] std::set<std::string> seen() const;

    /// From now on answers commands of this name with `reply`, in protocol form.
    void answer(const std::string& name, const std::string& reply);

    /// Forwards every command again.
    void relent();

    /// The number of commands that were answered here.
    [[nodiscard]] int answered() const noexcept { return answered_; }

private:
    void accept_all();
    void serve(int client);
    [[nodiscard]] std::optional<std::string> own_reply(const std::string& name);

    uint16_t target_;
    uint16_t port_ = 0;
    int listener_ = -1;
    std::atomic<bool> ending_{false};
    std::atomic<int> answered_{0};
    mutable std::mutex mutex_;
    std::set<std::string> seen_;
    std::string name_;
    std::string reply_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace ezapi::tests
