// Records the commands that a server sends to Redis into a file, in order and in the format of
// `redis-cli --pipe`. They are captured by a proxy, so that later measurements are not slowed down.
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

    /// The port for the server whose commands are recorded.
    [[nodiscard]] std::uint16_t port() const { return proxy_.port(); }

    void begin();
    void end();  // throws when the file is incomplete

private:
    void take(int connection, std::string_view bytes);

    std::mutex mutex_;
    std::ofstream out_;
    bool recording_ = false;
    std::map<int, std::string> begun_;  // by connection: the start of an incomplete command
    tests::TcpProxy proxy_;             // last member: its threads use the others
};

}  // namespace ezapi::bench
