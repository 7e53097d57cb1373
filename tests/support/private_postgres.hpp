// A PostgreSQL server for one test binary: a fresh cluster in a temporary directory on a free port
// of 127.0.0.1, removed with the object; without fsync by default. With EZ_TEST_PG_DSN set it is a
// fresh database on that running server instead, which cannot be stopped, restarted or frozen.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace ezapi::tests {

/// What survives a power failure: nothing (in memory, fast), or all commits (on disk, as in
/// production).
enum class Durability { none, durable };

class PrivatePostgres {
public:
    /// Throws std::runtime_error with the end of the server's log when it does not start.
    explicit PrivatePostgres(Durability durability = Durability::none);
    ~PrivatePostgres();
    PrivatePostgres(const PrivatePostgres&) = delete;
    PrivatePostgres& operator=(const PrivatePostgres&) = delete;

    /// Why none can be started here (no server binaries); empty: it can.
    [[nodiscard]] static std::string missing();

    /// The server of this test binary, started at first use.
    [[nodiscard]] static PrivatePostgres& shared();

    [[nodiscard]] const std::string& dsn() const noexcept { return dsn_; }

    /// Creates an empty database and returns its DSN; it is removed with the server.
    [[nodiscard]] std::string fresh_database();

    [[nodiscard]] bool controllable() const noexcept { return external_ == nullptr; }

    void stop();  // immediately: every connection breaks
    void start();
    void restart();
    void freeze();  // SIGSTOP to the postmaster and all its backends
    void thaw();

private:
    struct External;
    void initialise();
    void make_cluster();
    void signal_all(int signal);

    Durability durability_;
    std::unique_ptr<External> external_;
    std::string folder_;
    std::string dsn_;
    int port_ = 0;
    int pid_ = 0;
    int databases_ = 0;
};

/// A fixture that skips its tests when there is no PostgreSQL.
class PostgresTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = PrivatePostgres::missing(); !why.empty()) GTEST_SKIP() << why;
    }

    [[nodiscard]] static PrivatePostgres& postgres() { return PrivatePostgres::shared(); }
};

}  // namespace ezapi::tests
