// The parts of storing records that need no database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "ingest/queue.hpp"
#include "rollup/deltas.hpp"
#include "rollup/histogram.hpp"
#include "rows/partition_map.hpp"
#include "rows/pg_binary.hpp"
#include "rows/recent_ids.hpp"
#include "rows/row_block.hpp"

namespace ezapi::logs {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kDayUs = 24 * kHourUs;

TEST(PartitionMap, KnowsWhichRecordsOnePartitionDecidesOn) {
    const PartitionMap one(std::vector<PartitionMap::Range>(1));
    EXPECT_FALSE(one.spans_several(0, 25 * kHourUs));
    const PartitionMap months({{30 * kDayUs, 61 * kDayUs},
                               {-PartitionMap::kAlways, 30 * kDayUs},
                               {61 * kDayUs, 91 * kDayUs}});
    EXPECT_FALSE(months.spans_several(45 * kDayUs, 25 * kHourUs));
    EXPECT_TRUE(months.spans_several(31 * kDayUs, 25 * kHourUs));
    EXPECT_TRUE(months.spans_several(60 * kDayUs, 25 * kHourUs));
    EXPECT_TRUE(months.spans_several(29 * kDayUs, 25 * kHourUs));
    EXPECT_FALSE(months.spans_several(5 * kDayUs, 25 * kHourUs));
    EXPECT_TRUE(months.spans_several(120 * kDayUs, 25 * kHourUs));  // the default partition
    EXPECT_TRUE(PartitionMap().spans_several(0, 1));
}

TEST(PartitionMap, WidensARangeToWholePartitions) {
    const PartitionMap days({{0, kDayUs}, {kDayUs, 2 * kDayUs}, {2 * kDayUs, 3 * kDayUs}});
    EXPECT_EQ(days.around(10, kDayUs + 5).from, 0);
    EXPECT_EQ(days.around(10, kDayUs + 5).to, 2 * kDayUs);
    EXPECT_EQ(days.around(-10, 5).from, -PartitionMap::kAlways);
    EXPECT_EQ(days.around(10, 9 * kDayUs).to, PartitionMap::kAlways);
}

TEST(RecentIds, RemembersAtLeastAGeneration) {
    RecentIds ids(8);
    for (std::uint64_t id = 1; id <= 20; ++id) ids.add(id * 7919);
    for (std::uint64_t id = 13; id <= 20; ++id) EXPECT_TRUE(ids.contains(id * 7919)) << id;
    EXPECT_FALSE(ids.contains(7919));
    EXPECT_FALSE(ids.contains(5));
}

TEST(RecentIds, AgreesThatNothingIsKnownAtFirst) {
    EXPECT_FALSE(RecentIds().contains(42));
}

class DeltasOfRows : public testing::Test {
protected:
    void add(std::int64_t created_us, std::int64_t key, std::int16_t status, std::int32_t latency) {
        Record record;
        record.created_us = created_us;
        record.key_id = key;
        record.status_code = status;
        record.latency_ms = latency;
        record.tokens_in = 10;
        record.request_id = "r";
        record.model = "m";
        block_.add(record, block_.size());
    }

    std::vector<RowRef> refs() {
        std::vector<RowRef> out;
        for (const RowBlock::Row& row : block_.rows()) out.push_back({&block_, &row});
        return out;
    }

    /// The number of rows of a binary COPY, each beginning with this number of columns.
    static size_t rows_in(std::string_view copy) {
        size_t rows = 0;
        for (copy.remove_prefix(pg_binary::kHeader.size()); copy != pg_binary::kTrailer; ++rows) {
            const auto at = [&copy](size_t i) { return static_cast<unsigned char>(copy[i]); };
            const size_t columns = at(0) * 256U + at(1);
            copy.remove_prefix(2);
            for (size_t i = 0; i < columns; ++i) {
                const size_t size = ((at(0) * 256UL + at(1)) * 256 + at(2)) * 256 + at(3);
                copy.remove_prefix(4 + (size == 0xFFFFFFFFUL ? 0 : size));
            }
        }
        return rows;
    }

    RowBlock block_;
};

TEST_F(DeltasOfRows, AreOnePerCombination) {
    add(10 * kHourUs, 1, 200, 5);
    add(10 * kHourUs + 5, 1, 204, 7);
    add(10 * kHourUs, 1, 500, 5);
    add(10 * kHourUs, 2, 200, 5);
    add(11 * kHourUs - 1, 1, 200, 5);
    add(11 * kHourUs, 1, 200, 5);
    EXPECT_EQ(rows_in(deltas_of(refs())), 4U);
    EXPECT_THAT(hours_of(refs()), ElementsAre(10 * kHourUs, 11 * kHourUs));
}

TEST_F(DeltasOfRows, LeaveOutWhatIsNotStored) {
    add(10 * kHourUs, 1, 200, 5);
    add(10 * kHourUs, 2, 200, 5);
    std::vector<RowRef> rows = refs();
    rows[0].fate = RowRef::Fate::duplicate;
    EXPECT_EQ(rows_in(deltas_of(rows)), 1U);
}

TEST_F(DeltasOfRows, PutTimesBefore1970IntoTheirHour) {
    EXPECT_EQ(hour_of(-1), -kHourUs);
    EXPECT_EQ(hour_of(0), 0);
    EXPECT_EQ(hour_of(-kHourUs), -kHourUs);
}

std::unique_ptr<Delivery> delivery_of(size_t records) {
    auto delivery = std::make_unique<Delivery>();
    for (size_t i = 0; i < records; ++i) {
        Record record;
        record.request_id = "r";
        delivery->body.rows.add(record, i);
    }
    delivery->arrived = std::chrono::steady_clock::now();
    return delivery;
}

bool pushed(IngestQueue& queue, size_t records) {
    auto delivery = delivery_of(records);
    return queue.push(delivery);
}

TEST(IngestQueue, TakesABodyWholeOrNotAtAll) {
    IngestQueue queue({.capacity = 10});
    EXPECT_TRUE(pushed(queue, 6));
    EXPECT_FALSE(pushed(queue, 5));
    EXPECT_TRUE(pushed(queue, 4));
    EXPECT_FALSE(pushed(queue, 1));
    EXPECT_EQ(queue.depth(), 10U);
}

TEST(IngestQueue, HasRoomAgainOnceTheWriterIsDone) {
    IngestQueue queue({.capacity = 10});
    EXPECT_TRUE(pushed(queue, 10));
    EXPECT_EQ(queue.take(5000).size(), 1U);
    EXPECT_FALSE(pushed(queue, 1));
    queue.release(10);
    EXPECT_TRUE(pushed(queue, 1));
}

TEST(IngestQueue, HandsOutWholeBodiesUpToABound) {
    IngestQueue queue({.capacity = 100});
    for (const size_t records : {4U, 4U, 4U, 30U}) EXPECT_TRUE(pushed(queue, records));
    EXPECT_EQ(queue.take(10).size(), 2U);
    EXPECT_EQ(queue.take(10).size(), 1U);
    EXPECT_EQ(queue.take(10).size(), 1U);  // larger than the limit, alone
}

TEST(IngestQueue, WaitsForEnoughOnlyWhereNobodyWaits) {
    using std::chrono::seconds;
    IngestQueue queue({.capacity = 100, .start_at = 3, .linger = seconds(60)});
    EXPECT_TRUE(pushed(queue, 2));
    std::thread other([&] { EXPECT_TRUE(pushed(queue, 1)); });
    EXPECT_EQ(queue.take(5000).size(), 2U);
    other.join();
}

TEST(IngestQueue, WaitsNoLongerThanItMay) {
    IngestQueue queue({.capacity = 100, .start_at = 50, .linger = std::chrono::milliseconds(1)});
    EXPECT_TRUE(pushed(queue, 2));
    EXPECT_EQ(queue.take(5000).size(), 1U);
}

TEST(IngestQueue, WakesATakerWhenWhatItWantsIsThere) {
    IngestQueue queue({.capacity = 100});
    std::thread taker([&] { EXPECT_EQ(queue.take(5000, 10).size(), 3U); });
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pushed(queue, 4));
    taker.join();
    std::thread idle([&] { EXPECT_TRUE(queue.take(5000, 10).empty()); });
    queue.close();
    idle.join();
}

TEST(IngestQueue, IsDrainedWhenItIsClosed) {
    IngestQueue queue({.capacity = 100, .start_at = 50, .linger = std::chrono::seconds(60)});
    EXPECT_TRUE(pushed(queue, 2));
    queue.close();
    EXPECT_FALSE(pushed(queue, 1));
    EXPECT_EQ(queue.take(5000).size(), 1U);
    EXPECT_TRUE(queue.take(5000).empty());
}

}  // namespace
}  // namespace ezapi::logs
