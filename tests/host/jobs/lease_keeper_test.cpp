#include "host/jobs/lease_keeper.hpp"

#include <gtest/gtest.h>

#include "tests/host/jobs/fake.hpp"

namespace {

using namespace ezapi::host::jobs;
using namespace ezapi::tests;
using std::chrono::seconds;

class LeaseKeeperTest : public testing::Test {
protected:
    FakeClock clock_;
    FakeLeases leases_;
    LeaseKeeper keeper_{leases_, clock_.clock()};
};

TEST_F(LeaseKeeperTest, RenewsAtAThirdOfTheLife) {
    const auto lease = keeper_.hold("a", 1, clock_.now);
    clock_.advance(seconds(9));
    keeper_.renew_due();
    EXPECT_EQ(leases_.renewed, 0);
    clock_.advance(seconds(1));
    keeper_.renew_due();
    EXPECT_EQ(leases_.renewed, 1);
    clock_.advance(seconds(26));
    EXPECT_TRUE(lease->trusted(clock_.now));
}

TEST_F(LeaseKeeperTest, StopsTrustingBeforeTheLeaseCanEnd) {
    const auto lease = keeper_.hold("a", 1, clock_.now);
    leases_.away = true;
    for (int second = 0; second < 28; ++second) {
        clock_.advance(seconds(1));
        keeper_.renew_due();
    }
    EXPECT_GT(leases_.renewed, 1);
    EXPECT_FALSE(lease->trusted(clock_.now));
}

TEST_F(LeaseKeeperTest, DistrustsALostLeaseAtOnceAndAsksNoMore) {
    const auto lease = keeper_.hold("a", 1, clock_.now);
    leases_.held_elsewhere = true;
    clock_.advance(seconds(10));
    keeper_.renew_due();
    EXPECT_FALSE(lease->trusted(clock_.now));
    clock_.advance(seconds(60));
    keeper_.renew_due();
    EXPECT_EQ(leases_.renewed, 1);
}

TEST_F(LeaseKeeperTest, LeavesADroppedLeaseAlone) {
    const auto lease = keeper_.hold("a", 1, clock_.now);
    keeper_.drop(lease);
    clock_.advance(seconds(10));
    keeper_.renew_due();
    EXPECT_EQ(leases_.renewed, 0);
}

}  // namespace
