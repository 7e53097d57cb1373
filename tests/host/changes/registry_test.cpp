#include <gtest/gtest.h>

#include "ezapi/error.hpp"
#include "host/changes/bus.hpp"

namespace ezapi::host::changes {
namespace {

ez_status nothing(void*, ez_tx*, const ez_change*, size_t, ez_error*) noexcept {
    return EZ_OK;
}

void count(void* user) noexcept {
    ++*static_cast<int*>(user);
}

TEST(BusRegistry, FreesTheUserOfADiscardedSubscriptionOnce) {
    int freed = 0;
    {
        Bus bus;
        bus.subscribe("sync", "*", EZ_RECORD, nothing, &freed, count);
        bus.activate("sync");
        EXPECT_TRUE(bus.retire("sync", std::chrono::steady_clock::now()));
        EXPECT_EQ(freed, 0);
        bus.discard("sync");
        EXPECT_EQ(freed, 1);
    }
    EXPECT_EQ(freed, 1);
}

TEST(BusRegistry, FreesWhatWasOnlyStaged) {
    int freed = 0;
    Bus bus;
    bus.subscribe("sync", "*", EZ_RECORD, nothing, &freed, count);
    bus.discard("other");
    EXPECT_EQ(freed, 0);
    bus.discard("sync");
    EXPECT_EQ(freed, 1);
}

TEST(BusRegistry, RefusesAnUnknownPhaseAndFreesItsUser) {
    int freed = 0;
    Bus bus;
    EXPECT_THROW(bus.subscribe("sync", "*", 7, nothing, &freed, count), Error);
    EXPECT_THROW(bus.subscribe("sync", "", EZ_DERIVE, nothing, &freed, count), Error);
    EXPECT_EQ(freed, 2);
}

}  // namespace
}  // namespace ezapi::host::changes
