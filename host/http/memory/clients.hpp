// Counts the connections of each client address and limits them, so that one address cannot take
// all of them. An IPv6 client counts by its /64 network, a trusted proxy by its address. All
// functions: any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ezapi::host::http {

struct Client {
    std::string network;
    bool limited = true;             // false: a trusted proxy, which serves many clients
    std::atomic<int64_t> bytes = 0;  // held by its requests and replies
    size_t connections = 0;          // guarded by Clients
};

class Clients {
public:
    /// Counts a connection from `address`. NULL when a limited client already has `most`.
    [[nodiscard]] std::shared_ptr<Client> enter(std::string_view address,
                                                bool limited,
                                                size_t most);
    /// The end of a connection that enter() has counted.
    void leave(const Client& client) noexcept;

    [[nodiscard]] size_t count() const;

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<Client>> clients_;  // by network
};

}  // namespace ezapi::host::http
