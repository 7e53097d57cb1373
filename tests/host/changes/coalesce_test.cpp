#include <gtest/gtest.h>

#include "host/changes/bus.hpp"

namespace ezapi::host::changes {
namespace {

db::Change change(int32_t action, const char* id, const char* before = "", const char* after = "") {
    return {action, "masters", id, before, after};
}

TEST(Coalesce, KeepsTheFirstBeforeAndTheLastAfter) {
    const auto merged = coalesce({change(EZ_UPDATED, "1", "a", "b"),
                                  change(EZ_UPDATED, "2", "x", "y"),
                                  change(EZ_UPDATED, "1", "b", "c")});
    ASSERT_EQ(merged.size(), 2U);
    EXPECT_EQ(merged[0].id, "1");
    EXPECT_EQ(merged[0].before, "a");
    EXPECT_EQ(merged[0].after, "c");
    EXPECT_EQ(merged[1].after, "y");
}

TEST(Coalesce, LeadsFromTheStateBeforeToTheStateAfter) {
    const auto merged = [](int32_t first, int32_t then) {
        const auto all = coalesce({change(first, "1"), change(then, "1")});
        return all.empty() ? -1 : all.front().action;
    };
    EXPECT_EQ(merged(EZ_CREATED, EZ_UPDATED), EZ_CREATED);
    EXPECT_EQ(merged(EZ_CREATED, EZ_DELETED), -1);
    EXPECT_EQ(merged(EZ_UPDATED, EZ_DELETED), EZ_DELETED);
    EXPECT_EQ(merged(EZ_DELETED, EZ_CREATED), EZ_UPDATED);
    EXPECT_EQ(merged(EZ_TOUCHED, EZ_UPDATED), EZ_UPDATED);
    EXPECT_EQ(merged(EZ_DELETED, EZ_TOUCHED), EZ_DELETED);
}

TEST(Coalesce, DoesNotLetATouchHideTheTexts) {
    const auto merged = coalesce(
        {change(EZ_TOUCHED, "1"), change(EZ_UPDATED, "1", "a", "b"), change(EZ_TOUCHED, "1")});
    ASSERT_EQ(merged.size(), 1U);
    EXPECT_EQ(merged[0].before, "a");
    EXPECT_EQ(merged[0].after, "b");
}

TEST(Coalesce, StartsAnewAfterCreatedAndDeleted) {
    const auto merged = coalesce({change(EZ_CREATED, "1", "", "a"),
                                  change(EZ_DELETED, "1", "a"),
                                  change(EZ_CREATED, "1", "", "b")});
    ASSERT_EQ(merged.size(), 1U);
    EXPECT_EQ(merged[0].action, EZ_CREATED);
    EXPECT_EQ(merged[0].after, "b");
}

}  // namespace
}  // namespace ezapi::host::changes
