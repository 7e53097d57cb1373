// A Redis server for one test binary: without persistence, in a temporary directory, on a free port
// of 127.0.0.1, removed with the object. With EZ_TEST_REDIS=host:port set it is that running server
// instead, emptied first, which cannot be stopped, restarted or paused.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ezapi::tests {

class PrivateRedis {
public:
    /// `arguments` are appended to the server's command line, e.g. {"--requirepass", "secret"}.
    explicit PrivateRedis(std::vector<std::string> arguments = {});
    ~PrivateRedis();
    PrivateRedis(const PrivateRedis&) = delete;
    PrivateRedis& operator=(const PrivateRedis&) = delete;

    /// Why none can be started here (no server binary); empty: it can.
    [[nodiscard]] static std::string missing();

    /// The server of this test binary, started at first use.
    [[nodiscard]] static PrivateRedis& shared();

    [[nodiscard]] const std::string& host() const noexcept { return host_; }

    [[nodiscard]] uint16_t port() const noexcept { return port_; }

    [[nodiscard]] bool controllable() const noexcept { return !external_; }

    void stop();   // SIGKILL: all data and connections are gone
    void start();  // on the same port
    void restart();
    void pause();  // SIGSTOP: accepts connections, answers nothing
    void resume();

private:
    bool external_ = false;
    std::vector<std::string> arguments_;
    std::string folder_;
    std::string host_ = "127.0.0.1";
    uint16_t port_ = 0;
    int pid_ = 0;
};

/// A fixture that skips its tests when there is no Redis.
class RedisTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = PrivateRedis::missing(); !why.empty()) GTEST_SKIP() << why;
    }

    [[nodiscard]] static PrivateRedis& redis() { return PrivateRedis::shared(); }
};

}  // namespace ezapi::tests
