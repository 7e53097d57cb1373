// Shared by the tests of this folder: a client of the private Redis with short limits.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>

#include "ezapi/error.hpp"
#include "host/redis/client.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/private_redis.hpp"

namespace ezapi::host::redis {

using namespace std::chrono_literals;

class ClientTest : public tests::RedisTest {
protected:
    void SetUp() override {
        RedisTest::SetUp();
        if (IsSkipped()) return;
        // The host's main does the same.
        std::signal(SIGPIPE, SIG_IGN);
        open();
        client_->command({"FLUSHALL"});
    }

    void open(const std::function<void(Options&)>& tweak = {}) {
        Options options;
        options.host = redis().host();
        options.port = redis().port();
        options.pool_size = 2;
        options.timeout = 500ms;
        options.connect_timeout = 500ms;
        options.probe_min = 20ms;
        options.probe_max = 100ms;
        if (tweak) tweak(options);
        client_.reset();
        client_ = std::make_unique<Client>(options);
    }

    /// What `body` throws; fails the test when it throws nothing.
    static Error error_of_call(const std::function<void()>& body) {
        try {
            body();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "expected an Error";
        return Error(EZ_OK, "nothing was thrown");
    }

    /// True once Redis answers again.
    bool back() {
        return tests::eventually(5s, [&] {
            try {
                client_->ping();
                return true;
            } catch (const Error&) {
                return false;
            }
        });
    }

    std::unique_ptr<Client> client_;
};

}  // namespace ezapi::host::redis
