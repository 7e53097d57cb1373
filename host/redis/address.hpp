// Finds the addresses of a host within a deadline. The system's resolver has none, so names are
// looked up on a thread that may be left behind; numbers and paths need no lookup.
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

    /// Throws EZ_UNAVAILABLE when the name is unknown or the answer does not come in time. A lookup
    /// that is under way is shared by all who ask meanwhile.
    [[nodiscard]] std::vector<Address> resolve(std::chrono::steady_clock::time_point deadline);

private:
    struct Lookup;

    std::string host_;
    uint16_t port_;
    std::shared_ptr<Lookup> lookup_;
};

}  // namespace ezapi::host::redis
