// The network edge, on Pistache: it accepts connections and its I/O threads read them. Pistache's
// own parser, router and writer are not used: they can be hung, crashed or confused from outside,
// so every byte goes to Connection, which frames it strictly and answers by itself. Handing vetted
// messages on to Pistache's parser would only parse them twice. This is the one place that sees
// Pistache.
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
    /// Ends the I/O threads. Connections should have ended before.
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] uint16_t port() const noexcept;

    /// New clients are refused by the kernel from now on; those connected go on.
    void stop_accepting() noexcept;

private:
    struct Endpoint;
    std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace ezapi::host::http
