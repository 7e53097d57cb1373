#include "host/modules/order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace ezapi::host::modules;
using testing::ElementsAre;

Order order_of(std::vector<Node> nodes) {
    return start_order(nodes);
}

TEST(StartOrder, PutsProvidersFirstAndEqualsByName) {
    const Order order = order_of(
        {{"sync", {"bindings", "keys"}}, {"keys", {"masters"}}, {"masters", {}}, {"bindings", {}}});
    EXPECT_THAT(order.names, ElementsAre("bindings", "masters", "keys", "sync"));
    EXPECT_TRUE(order.cycles.empty());
}

TEST(StartOrder, IgnoresNamesThatAreNotThere) {
    EXPECT_THAT(order_of({{"a", {"nobody"}}}).names, ElementsAre("a"));
}

TEST(StartOrder, NamesEachCycleOnceAndLeavesOutWhatIsBehindIt) {
    const Order order = order_of({{"c", {"a"}},
                                  {"a", {"b"}},
                                  {"b", {"c"}},
                                  {"x", {"y"}},
                                  {"y", {"x"}},
                                  {"behind", {"a"}},
                                  {"free", {}}});
    EXPECT_THAT(order.names, ElementsAre("free"));
    ASSERT_EQ(order.cycles.size(), 2U);
    EXPECT_EQ(cycle_text(order.cycles[0]), "a -> b -> c -> a");
    EXPECT_EQ(cycle_text(order.cycles[1]), "x -> y -> x");
}

TEST(StartOrder, OfNothingIsNothing) {
    EXPECT_TRUE(order_of({}).names.empty());
}

}  // namespace
