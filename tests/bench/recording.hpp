// The commands that a server sends to Redis, kept in a file in the order of their arrival, in the
// form that `redis-cli --pipe` reads. A proxy stands in between, so that what is measured beside it
// is not slowed down.
#pragma once

#include <cstddef>
#include <fstream>
#include <map>
#include <mutex>
#include <string>

#include "tests/support/tcp_proxy.hpp"

namespace ezapi::bench {

class Recording {
public:
    Recording(std::uint16_t redis_port, const std::string& file);

    /// For the server whose commands are wanted.
    [[nodiscard]] std::uint16_t port() const { return proxy_.port(); }

    void begin();
    void end();  // throws when the file is not whole

private:
    void take(int connection, std::string_view bytes);

    std::mutex mutex_;
    std::ofstream out_;
    bool recording_ = false;
    std::map<int, std::string> begun_;  // by connection: what its next command begins with
    tests::TcpProxy proxy_;             // last: its threads use the others
};

}  // namespace ezapi::bench
