#include "tests/bench/figure.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace ezapi::bench {
namespace {

TEST(Figure, ComparesRoundByRound) {
    const Figure figure =
        fold({.name = "a", .unit = "rows/s", .reference_name = "copy", .target = 0.5},
             {{10, 10}, {30, 100}, {60, 100}});
    EXPECT_DOUBLE_EQ(figure.ratio_median, 0.6);
    EXPECT_DOUBLE_EQ(figure.ratio_min, 0.3);
    EXPECT_DOUBLE_EQ(figure.ratio_max, 1.0);
    EXPECT_DOUBLE_EQ(figure.ours, 30);
    EXPECT_DOUBLE_EQ(figure.reference, 100);
    EXPECT_TRUE(figure.ok());
}

TEST(Figure, MissesALimitThatTheMedianIsAbove) {
    EXPECT_FALSE(against_limit("memory", "MiB", {201}, 200, Better::less).ok());
    EXPECT_TRUE(against_limit("memory", "MiB", {199}, 200, Better::less).ok());
}

TEST(Figure, TakesTheNearestRankOfAQuantile) {
    std::vector<double> values;
    for (int i = 100; i >= 1; --i) values.push_back(i);
    EXPECT_DOUBLE_EQ(quantile(values, 0.99), 99);
    EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
    EXPECT_DOUBLE_EQ(quantile({}, 0.5), 0);
}

TEST(Figure, SaysInTheTableWhatWasMissed) {
    std::ostringstream out;
    print(out, {against_limit("memory", "MiB", {250}, 200, Better::less)});
    EXPECT_NE(out.str().find("MISSED"), std::string::npos) << out.str();
    EXPECT_NE(out.str().find("<= 1.00"), std::string::npos) << out.str();
}

TEST(Figure, IsListedWithTheNamesThatProgramsRead) {
    const auto list = to_json({against_limit("memory", "MiB", {100}, 200, Better::less)});
    ASSERT_EQ(list.size(), 1U);
    for (const char* name : {"name",
                             "unit",
                             "ours",
                             "reference_name",
                             "reference",
                             "ratio_median",
                             "ratio_min",
                             "ratio_max",
                             "target",
                             "ok"}) {
        EXPECT_TRUE(list[0].contains(name)) << name;
    }
}

}  // namespace
}  // namespace ezapi::bench
