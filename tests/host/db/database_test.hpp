// Shared by the tests of this folder: an empty database for each test, and pools with short limits.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ezapi/error.hpp"
#include "host/db/pools.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/private_postgres.hpp"

namespace ezapi::host::db {

using namespace std::chrono_literals;

class DatabaseTest : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        dsn_ = postgres().dsn();
        open();
        // Cheaper than creating a database for each. A backend of the previous test may still hold
        // a lock.
        ASSERT_TRUE(tests::eventually(20s, [this] {
            try {
                query("DROP SCHEMA public CASCADE");
                return true;
            } catch (const Error& error) {
                return error.code() != "retry" && error.status() != EZ_UNAVAILABLE;
            }
        }));
        query("CREATE SCHEMA public");
    }

    /// Makes the pools anew after `tweak` has changed their options.
    void open(const std::function<void(PoolsOptions&)>& tweak = {}) {
        PoolsOptions options;
        options.main.dsn = dsn_;
        options.main.size = 3;
        options.main.wait_limit = 500ms;
        options.main.statement_timeout = 3000ms;
        options.main.cancel_grace = 100ms;
        options.logs = options.main;
        options.logs.dsn.clear();
        if (tweak) tweak(options);
        pools_ = std::make_unique<Pools>(options, hook_);
    }

    Rows query(std::string_view sql, Params params = {}) {
        return pools_->query("main", sql, params);
    }

    int64_t number(std::string_view sql) { return query(sql).integer(0, 0); }

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

    std::string dsn_;
    CommitHook* hook_ = nullptr;
    std::unique_ptr<Pools> pools_;
};

}  // namespace ezapi::host::db
