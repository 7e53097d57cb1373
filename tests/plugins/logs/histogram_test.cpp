#include "rollup/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "ezapi/error.hpp"

namespace ezapi::logs {
namespace {

/// The exact quantile by nearest rank.
double exact(std::vector<std::int64_t> values, double q) {
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(values.size())));
    return static_cast<double>(values[std::max<size_t>(rank, 1) - 1]);
}

TEST(LatencyHistogram, TellsEveryLatencyWithinFivePercent) {
    for (std::int64_t ms = 0; ms <= 3'600'000; ms += 1 + ms / 1000) {
        LatencyHistogram histogram;
        histogram.add(ms);
        const auto expected = static_cast<double>(ms);
        ASSERT_NEAR(histogram.quantile(0.5), expected, expected * 0.045) << ms;
    }
}

TEST(LatencyHistogram, IsExactForTheFastest) {
    for (std::int64_t ms = 0; ms < 9; ++ms) {
        LatencyHistogram histogram;
        histogram.add(ms);
        EXPECT_EQ(histogram.quantile(0.99), static_cast<double>(ms));
    }
}

TEST(LatencyHistogram, TellsQuantilesOfManyWithinFivePercent) {
    std::mt19937 random(7);
    std::lognormal_distribution<double> latency(6.5, 1.4);
    std::vector<std::int64_t> values;
    LatencyHistogram histogram;
    for (int i = 0; i < 20000; ++i) {
        values.push_back(static_cast<std::int64_t>(latency(random)));
        histogram.add(values.back());
    }
    for (const double q : {0.01, 0.5, 0.9, 0.95, 0.99, 1.0}) {
        const double expected = exact(values, q);
        EXPECT_NEAR(histogram.quantile(q), expected, expected * 0.045) << q;
    }
}

TEST(LatencyHistogram, OfAUnionIsTheUnionOfHistograms) {
    LatencyHistogram all;
    LatencyHistogram odd;
    LatencyHistogram even;
    for (std::int64_t ms = 0; ms < 5000; ++ms) {
        all.add(ms);
        (ms % 2 == 0 ? even : odd).add(ms);
    }
    LatencyHistogram merged;
    merged.merge(odd.encode());
    merged.merge(even.encode());
    EXPECT_EQ(merged, all);
    odd.merge(even);
    EXPECT_EQ(odd, all);
    EXPECT_EQ(merged.count(), 5000U);
}

TEST(LatencyHistogram, MergesSeveralAtOnce) {
    LatencyHistogram one;
    one.add(0, 3);
    one.add(5);
    LatencyHistogram two;
    two.add(900);
    const std::string between(1, '\0');
    LatencyHistogram merged;
    merged.merge(one.encode() + between + between + two.encode() + between + one.encode());
    LatencyHistogram expected = one;
    expected.merge(two);
    expected.merge(one);
    EXPECT_EQ(merged, expected);
}

TEST(LatencyHistogram, EncodesCompactlyAndNothingToNothing) {
    LatencyHistogram one;
    one.add(1234);
    EXPECT_EQ(one.encode().size(), 2U);
    LatencyHistogram full;
    for (std::int64_t ms = 0; ms < 10000; ms += 1 + ms / 64) full.add(ms);
    LatencyHistogram decoded;
    decoded.merge(full.encode());
    EXPECT_EQ(decoded, full);
    EXPECT_EQ(full.encode().size(), latency_bucket(9999) + 1) << "a byte a bucket";
    EXPECT_EQ(LatencyHistogram().encode(), "");
    LatencyHistogram none;
    none.merge("");
    EXPECT_EQ(none.count(), 0U);
    EXPECT_EQ(none.quantile(0.5), 0);
}

TEST(LatencyHistogram, PutsWhatIsOutOfRangeToTheEnds) {
    LatencyHistogram histogram;
    histogram.add(-5);
    histogram.add(7'200'000);
    EXPECT_EQ(histogram.quantile(0.0), 0);
    EXPECT_EQ(histogram.quantile(1.0), 3'600'000);
}

TEST(LatencyHistogram, RefusesBytesThatAreNone) {
    LatencyHistogram histogram;
    histogram.add(5);
    const LatencyHistogram before = histogram;
    for (const std::string& bytes : {std::string("\x80"),
                                     std::string("\x01"),
                                     std::string("\x01\x01"),
                                     std::string("\x03"),
                                     std::string("\x02\x03\xff\x7f"),
                                     std::string(200, '\x02'),
                                     std::string(20, '\xff')})
        EXPECT_THROW(histogram.merge(bytes), Error);
    EXPECT_EQ(histogram, before);
}

}  // namespace
}  // namespace ezapi::logs
