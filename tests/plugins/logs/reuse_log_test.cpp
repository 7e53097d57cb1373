#include "ingest/reuse_log.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "ezapi/fake_host.hpp"

namespace ezapi::logs {
namespace {

TEST(ReuseLog, NamesAnIdAndCountsOnceAMinute) {
    FakeHost host;
    ReuseLog lines{Log(host.abi())};
    RowBlock block;
    Record record;
    record.request_id = "chosen\xff\nby a client";
    record.master_id = 7;
    block.add(record, 0);
    record.request_id = "sound";
    block.add(record, 1);
    std::vector<RowRef> rows;
    for (const RowBlock::Row& row : block.rows()) rows.push_back({&block, &row});
    rows[0].fate = RowRef::Fate::reused;
    rows[0].differs_in = "cost";
    const ReuseLog::Clock::time_point start;
    const auto count = [&] { return host.log.lines().size(); };

    lines.note(rows, 1, start);
    ASSERT_EQ(count(), 1U);
    EXPECT_TRUE(host.log.contains("1 since the last such line"));
    EXPECT_TRUE(host.log.contains("'chosen\\xff\\nby a client' of master 7"));
    EXPECT_TRUE(host.log.contains("differ in cost"));
    EXPECT_FALSE(host.log.contains("sound"));
    lines.note(rows, 5, start + std::chrono::seconds(1));
    lines.note(rows, 6, start + ReuseLog::kBetweenLines - std::chrono::milliseconds(1));
    EXPECT_EQ(count(), 1U);
    lines.note(rows, 1, start + ReuseLog::kBetweenLines);
    ASSERT_EQ(count(), 2U);
    EXPECT_TRUE(host.log.contains("12 since the last such line"));
}

}  // namespace
}  // namespace ezapi::logs
