// The parts of the sync plugin in this process, over the host's own components, with a private
// PostgreSQL and Redis. Three resources, one for each layout, are rows of the table `things`.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backfill/full_push.hpp"
#include "backfill/watch.hpp"
#include "compare/drift_check.hpp"
#include "compare/reconciliation.hpp"
#include "delivery/outbox.hpp"
#include "delivery/pusher.hpp"
#include "delivery/scripts.hpp"
#include "ezapi/plugin.hpp"
#include "host/changes/bus.hpp"
#include "host/db/pools.hpp"
#include "host/modules/context.hpp"
#include "host/redis/client.hpp"
#include "host/telemetry/metrics.hpp"
#include "ledger/breaker.hpp"
#include "ledger/ledger.hpp"
#include "ledger/recorder.hpp"
#include "metrics.hpp"
#include "tests/support/private_postgres.hpp"
#include "tests/support/private_redis.hpp"

namespace ezapi::sync {

inline constexpr const char* kField = "test:field";
inline constexpr const char* kHash = "test:hash";
inline constexpr const char* kPlain = "test";  // a prefix of the others, as "meta" is

/// A value with which Redis refuses a hash.
inline constexpr const char* kRefused = "refused";

/// What the projections render of a thing, in any layout: its value.
[[nodiscard]] std::string value_json(std::string_view value);

class Workshop {
    // First, because the others are built on them.
    host::telemetry::Metrics metrics_;
    host::changes::Bus bus_;
    host::db::Pools pools_;
    host::redis::Client client_;
    host::Components components_;
    ez_context context_;
    ez_host abi_;

public:
    Workshop(const std::string& dsn, std::uint16_t redis_port);

    Host host;
    Db db;
    Redis redis;
    Projections projections;
    Scripts scripts;
    Breaker breaker;
    SyncMetrics metrics;
    Ledger ledger;
    Pusher pusher;
    Outbox outbox;
    FullPush full_push;
    Watch watch;
    Reconciliation reconciliation;
    DriftCheck drift_check;

    /// As after a full push of each resource, so that changes are pushed one by one; by another
    /// database, so that all of them are due for one.
    void pretend_filled() const;

    /// Called for each page that is scanned and each set that is rendered, with the resource.
    std::function<void(std::string_view resource)> on_scan = [](std::string_view) {};
    std::function<void(std::string_view id)> on_render = [](std::string_view) {};

    /// One transaction that sets a thing (or removes it) and records that. Returns its revision.
    std::int64_t set(std::string_view resource,
                     std::string_view key,
                     std::optional<std::string_view> value);
    std::int64_t set_and_push(const std::string& resource,
                              const std::string& key,
                              std::optional<std::string_view> value);

    /// id -> value as the data plane reads it.
    [[nodiscard]] std::map<std::string, std::string> in_redis(const std::string& resource) const;
    [[nodiscard]] std::map<std::string, std::string> in_database(const std::string& resource) const;
    [[nodiscard]] std::string state(const Entity& entity) const;

    void subscribe(const std::string& channel, std::function<void(std::string)> on_message);

    FullPushResult push_fully(std::vector<std::string> resources = {kField, kHash, kPlain});

private:
    void project(const char* resource, Layout layout);

    std::vector<std::function<void(std::string)>> subscribers_;
};

/// A fixture with a fresh database and an empty Redis for each test.
class WorkshopTest : public ::testing::Test {
protected:
    void SetUp() override;

    /// Another one, over a fresh database of this server.
    void open(tests::PrivatePostgres& postgres);

    [[nodiscard]] static tests::PrivateRedis& server() { return tests::PrivateRedis::shared(); }

    std::string dsn_;
    std::unique_ptr<Workshop> shop_;
};

}  // namespace ezapi::sync
