// The listening socket, on Pistache: it accepts connections, and its I/O threads read them.
// Pistache's parser, router and writer are not used, because a client can hang or crash them: all
// input goes to Connection, which parses it strictly and writes the replies. This is the only file
// that includes Pistache.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "host/http/wire/connection.hpp"

namespace ezapi::host::http {

class Listener {
public:
    /// Makes the Connection of a new client; it owns `descriptor` from then on, also when it throws
    /// or returns NULL, which refuses the client.
    using Accept = std::function<ConnectionPtr(int descriptor, const std::string& client_ip)>;

    /// Binds and begins to accept. Port 0: any free one. Throws EZ_UNAVAILABLE.
    Listener(const std::string& address, uint16_t port, int threads, Accept accept);
    /// Joins the I/O threads. Connections should be closed before.
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] uint16_t port() const noexcept;

    /// The kernel refuses new clients from now on; open connections continue.
    void stop_accepting() noexcept;

private:
    struct Endpoint;
    std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace ezapi::host::http
