#include <gtest/gtest.h>

#include <type_traits>

#include "tests/abi/layout.h"

namespace {

const layout kLayoutInCpp[] = {LAYOUT_LIST(LAYOUT_SIZE, LAYOUT_PLACE){nullptr, 0}};

TEST(AbiHeader, HasOneLayoutInCAndCpp) {
    size_t i = 0;
    for (; kLayoutInCpp[i].what != nullptr; ++i) {
        EXPECT_STREQ(kLayoutInCpp[i].what, layout_in_c[i].what);
        EXPECT_EQ(kLayoutInCpp[i].value, layout_in_c[i].value) << kLayoutInCpp[i].what;
    }
    EXPECT_EQ(layout_in_c[i].what, nullptr);
}

template <class Function>
constexpr bool never_throws = false;
template <class Result, class... Args>
constexpr bool never_throws<Result (*)(Args...) noexcept> = true;

TEST(AbiHeader, LetsNoExceptionCrossInEitherDirection) {
    EXPECT_TRUE(never_throws<decltype(ez_plugin::start)>);
    EXPECT_TRUE(never_throws<decltype(ez_plugin::stop)>);
    EXPECT_TRUE(never_throws<ez_http_fn>);
    EXPECT_TRUE(never_throws<ez_job_fn>);
    EXPECT_TRUE(never_throws<ez_changes_fn>);
    EXPECT_TRUE(never_throws<ez_message_fn>);
    EXPECT_TRUE(never_throws<ez_free_fn>);
    EXPECT_TRUE(never_throws<decltype(ez_db_api::query)>);
    EXPECT_TRUE(never_throws<decltype(ez_log_api::write)>);
}

TEST(AbiHeader, BeginsEveryStructThatMayGrowWithItsSize) {
    EXPECT_EQ(offsetof(ez_plugin, size), 0U);
    EXPECT_EQ(offsetof(ez_host, size), 0U);
    EXPECT_EQ(offsetof(ez_route, size), 0U);
    EXPECT_EQ(offsetof(ez_job, size), 0U);
    EXPECT_EQ(offsetof(ez_change, size), 0U);
    EXPECT_EQ(offsetof(ez_metric_spec, size), 0U);
    EXPECT_EQ(offsetof(ez_identity, size), 0U);
    EXPECT_EQ(offsetof(ez_origin, size), 0U);
}

TEST(AbiHeader, IsPlainData) {
    EXPECT_TRUE(std::is_trivial_v<ez_plugin> && std::is_standard_layout_v<ez_plugin>);
    EXPECT_TRUE(std::is_trivial_v<ez_host> && std::is_standard_layout_v<ez_host>);
    EXPECT_TRUE(std::is_trivial_v<ez_error> && std::is_standard_layout_v<ez_error>);
}

}  // namespace
