// The real server in a child process, with its own configuration file, state directory and fresh
// database.
//
//     class MastersTest : public InstanceTest {
//         InstanceOptions options() const override { return {.plugins = {"masters", "sync"}}; }
//     };
//     TEST_F(MastersTest, CreatesOne) {
//         EXPECT_EQ(admin().post("/admin/masters", {{"name", "acme"}}).status, 201);
//     }
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/private_postgres.hpp"
#include "tests/support/private_redis.hpp"
#include "tests/support/redis_reader.hpp"

namespace ezapi::tests {

inline constexpr const char* kAdminToken = "admin-token-of-the-tests-pR7vK2xW9mTq";
inline constexpr const char* kInternalToken = "internal-token-of-the-tests-Zb4nH8sYc6Lf";

struct InstanceOptions {
    std::vector<std::string> plugins = {};
    std::string dsn = {};    // empty: a fresh database of PrivatePostgres::shared()
    std::string redis = {};  // "host:port"; empty: PrivateRedis::shared(), emptied first
    std::map<std::string, std::string> environment =
        {};                                            // EZ_... on top of what the instance needs
    std::vector<std::string> plugin_directories = {};  // in addition to those of this build
    /// YAML lines for the end of the file, e.g. "sync:\n  outbox:\n    enabled: false\n".
    std::string settings = {};
    std::map<std::string, std::string> plugin_settings =
        {};  // plugin -> the rest of its flow map: "refresh_seconds: 1"
};

class Instance {
public:
    /// Starts it and waits until it is ready. Throws std::runtime_error with the end of its log on
    /// failure.
    explicit Instance(InstanceOptions options);
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    [[nodiscard]] uint16_t port() const { return port_; }

    [[nodiscard]] const std::string& dsn() const { return options_.dsn; }

    [[nodiscard]] const std::string& folder() const {
        return folder_.path();
    }  // state, log, configuration

    [[nodiscard]] int pid() const { return pid_; }

    [[nodiscard]] HttpClient client(std::string bearer = {}) const {
        return HttpClient(port_, std::move(bearer));
    }

    [[nodiscard]] HttpClient admin() const { return client(kAdminToken); }

    [[nodiscard]] HttpClient internal() const { return client(kInternalToken); }

    /// Its environment, for use with run_ezapi().
    [[nodiscard]] std::map<std::string, std::string> environment() const;

    [[nodiscard]] std::string log() const;  // everything written so far

    int stop();    // SIGTERM; returns the exit code
    void kill();   // SIGKILL
    void start();  // again, on the same database and port
    void signal(int number) const;

private:
    void write_configuration() const;

    InstanceOptions options_;
    TemporaryFolder folder_;  ///< gone too when the server does not start
    uint16_t port_ = 0;
    int pid_ = 0;
};

/// Runs a full push after the one at start has ended.
HttpAnswer push_all(HttpClient& admin);

/// The result of a run of the binary that ends by itself (`check-config`, `plugins`, a refused
/// start).
struct RunResult {
    int exit_code = 0;
    std::string output;  // stdout and stderr
};

[[nodiscard]] RunResult run_ezapi(const std::vector<std::string>& arguments,
                                  const std::map<std::string, std::string>& environment);

/// A fixture with one instance for the whole suite; skips its tests when there are no servers.
class InstanceTest : public ::testing::Test {
protected:
    [[nodiscard]] virtual InstanceOptions options() const = 0;
    void SetUp() override;
    static void TearDownTestSuite();

    [[nodiscard]] static Instance& instance() { return *instance_; }

    [[nodiscard]] static HttpClient& admin() { return *admin_; }

    [[nodiscard]] static RedisReader redis() { return RedisReader(PrivateRedis::shared().port()); }

private:
    static std::unique_ptr<Instance> instance_;
    static std::unique_ptr<HttpClient> admin_;
};

}  // namespace ezapi::tests
