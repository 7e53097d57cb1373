// A separate log database for each test, with a time that the test sets.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "retention/partitions.hpp"
#include "rows/request_store.hpp"
#include "tests/contract/database_host.hpp"

namespace ezapi::logs {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;

inline Timestamp at(const char* text) {
    return parse_time(text).value();
}

inline const Timestamp kNow = at("2026-11-23T06:30:00Z");

inline bool never() {
    return false;
}

class Upkeep : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        host_ = std::make_unique<tests::DatabaseHost>("logs/logs");
        store_ = std::make_unique<RequestStore>(host_->db());
    }

    [[nodiscard]] Db db() const { return host_->db(); }

    [[nodiscard]] std::string value(const std::string& sql) const { return host_->sql.value(sql); }

    struct Kind {
        std::int64_t master = 1;
        std::int64_t key = 2;
        std::string_view model = "gpt-4o";
        std::int16_t status = 200;
    };

    /// Stores `count` records; returns how many were new.
    size_t store(const std::string& prefix, Timestamp time, size_t count, const Kind& kind) {
        RowBlock block;
        for (size_t i = 0; i < count; ++i) {
            const std::string id = prefix + std::to_string(i);
            Record record;
            record.request_id = id;
            record.created_us = time.time_since_epoch().count();
            record.master_id = kind.master;
            record.key_id = kind.key;
            record.model = kind.model;
            record.status_code = kind.status;
            record.latency_ms = static_cast<std::int32_t>(10 + i);
            record.tokens_in = 3;
            block.add(record, i);
        }
        std::vector<RowRef> rows;
        for (const RowBlock::Row& row : block.rows()) rows.push_back({&block, &row});
        store_->write(rows);
        reused_ =
            static_cast<size_t>(std::count_if(rows.begin(), rows.end(), [](const RowRef& ref) {
                return ref.fate == RowRef::Fate::reused;
            }));
        return static_cast<size_t>(std::count_if(
            rows.begin(), rows.end(), [](const RowRef& ref) { return ref.is_new(); }));
    }

    size_t store(const std::string& prefix, Timestamp time, size_t count) {
        return store(prefix, time, count, Kind{});
    }

    void tend(Partitioning mode, Timestamp now) const {
        const Partitions partitions(db());
        for (int round = 0; round < 20; ++round) {
            const auto steps = plan_partitions(mode, now, partitions.read(now));
            if (steps.empty()) return;
            for (const PartitionStep& step : steps) partitions.apply(step);
        }
        FAIL() << "the plan never ends, with as many steps as "
               << plan_partitions(mode, now, partitions.read(now)).size() << ", of kind "
               << plan_partitions(mode, now, partitions.read(now)).front().index();
    }

    [[nodiscard]] std::string partition_of(const std::string& id) const {
        return value("SELECT tableoid::regclass FROM request_logs WHERE request_id = '" + id + "'");
    }

    std::unique_ptr<tests::DatabaseHost> host_;
    std::unique_ptr<RequestStore> store_;
    size_t reused_ = 0;  // of the records stored last
};

}  // namespace ezapi::logs
