// Resolves a host within a deadline. The system's resolver has none, so names are looked up on a
// thread that is detached if it takes too long; addresses and paths need no lookup.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ezapi::host::redis {

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

class Resolver {
public:
    /// `host` is a name, an address, or a path beginning with '/'.
    Resolver(std::string host, uint16_t port);

    /// Throws EZ_UNAVAILABLE when the name is unknown or the reply is late. Concurrent callers
    /// share one lookup.
    [[nodiscard]] std::vector<Address> resolve(std::chrono::steady_clock::time_point deadline);

private:
    struct Lookup;

    std::string host_;
    uint16_t port_;
    std::shared_ptr<Lookup> lookup_;
};

}  // namespace ezapi::host::redis
