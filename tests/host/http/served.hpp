// A server on a free port with the routes that the tests of this folder need.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/http/dispatch/exchange.hpp"
#include "host/http/dispatch/server.hpp"
#include "host/telemetry/metrics.hpp"
#include "tests/host/http/raw_client.hpp"

namespace ezapi::host::http {

inline const std::string kAdminToken = "admin-token-of-the-test";
inline const std::string kAsAdmin = "Authorization: Bearer admin-token-of-the-test\r\n";

class Served : public ::testing::Test {
protected:
    Served() {
        options_.address = "127.0.0.1";
        options_.port = 0;
        options_.io_threads = 2;
        options_.workers = 4;
        options_.max_connections = 500;
        options_.access.admin_token = kAdminToken;
    }

    ~Served() override {
        release_all();
        server_.reset();
    }

    void start();

    void add(const std::string& owner,
             const std::string& method,
             const std::string& pattern,
             Handler handler,
             int32_t access = EZ_PUBLIC,
             uint32_t flags = 0,
             uint64_t max_body = 0,
             const std::string& describe = {});

    [[nodiscard]] std::unique_ptr<RawClient> client(int receive_buffer = 0) const {
        return std::make_unique<RawClient>(server_->port(), receive_buffer);
    }

    [[nodiscard]] std::unique_ptr<RawClient> client_from(const char* address) const {
        return std::make_unique<RawClient>(server_->port(), 0, address);
    }

    RawReply ask(const std::string& bytes) const { return client()->ask(bytes); }

    /// Exchanges of "/held" and "/kept" (which takes a body), which wait until the test answers
    /// them.
    [[nodiscard]] size_t held_count();
    void release_all();

    ServerOptions options_;
    telemetry::Metrics metrics_;
    std::unique_ptr<Server> server_;

private:
    std::mutex mutex_;
    std::vector<ExchangePtr> held_;
};

}  // namespace ezapi::host::http
