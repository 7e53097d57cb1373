#include "host/http/memory/budget.hpp"

#include <gtest/gtest.h>

#include "ezapi/abi.h"

namespace ezapi::host::http {
namespace {

constexpr int64_t kMost = 8'000'000;

TEST(Clients, CountOneAddressAndOneIpv6NetworkAsOne) {
    Clients clients;
    const auto first = clients.enter("10.0.0.1", true, 2);
    EXPECT_EQ(clients.enter("::ffff:10.0.0.1", true, 2), first);
    EXPECT_EQ(clients.enter("10.0.0.1", true, 2), nullptr);
    EXPECT_NE(clients.enter("10.0.0.2", true, 2), nullptr);
    const auto six = clients.enter("2001:db8::1", true, 2);
    EXPECT_EQ(clients.enter("2001:DB8:0:0:ffff::9", true, 2), six);
    EXPECT_EQ(clients.enter("2001:db8:0:0:1::", true, 2), nullptr);
    EXPECT_NE(clients.enter("2001:db8:0:1::1", true, 2), nullptr);
}

TEST(Clients, ForgetWhoHasNoConnectionLeft) {
    Clients clients;
    const auto first = clients.enter("10.0.0.1", true, 2);
    EXPECT_EQ(clients.enter("10.0.0.1", true, 2), first);
    clients.leave(*first);
    EXPECT_EQ(clients.count(), 1U);
    clients.leave(*first);
    EXPECT_EQ(clients.count(), 0U);
    EXPECT_NE(clients.enter("10.0.0.1", true, 1), nullptr);
}

TEST(Clients, DoNotLimitAProxy) {
    Clients clients;
    for (int i = 0; i < 100; ++i) EXPECT_NE(clients.enter("10.0.0.1", false, 2), nullptr);
}

TEST(Budget, GivesEachTrustItsShare) {
    for (const auto& [access, share] : {std::pair<int32_t, int64_t>{EZ_PUBLIC, kMost / 8},
                                        {EZ_MASTER, kMost / 2},
                                        {EZ_ADMIN, kMost},
                                        {EZ_INTERNAL_ONLY, kMost}}) {
        Budget budget(kMost);
        Client client;
        client.limited = false;
        budget.add(trust_of(access), client, share);
        EXPECT_TRUE(budget.has_room(trust_of(access), client)) << access;
        budget.add(trust_of(access), client, 1);
        EXPECT_FALSE(budget.has_room(trust_of(access), client)) << access;
    }
}

TEST(Budget, LeavesRoomForOthersWhenAnAddressOrATrustHasNone) {
    Budget budget(kMost);
    Client greedy;
    Client other;
    budget.add(Trust::kOperator, greedy, kMost / 2 + 1);
    EXPECT_FALSE(budget.has_room(Trust::kOperator, greedy));
    EXPECT_TRUE(budget.has_room(Trust::kOperator, other));
    budget.add(Trust::kNone, other, kMost / 8 + 1);
    EXPECT_FALSE(budget.has_room(Trust::kNone, other));
    EXPECT_TRUE(budget.has_room(Trust::kMaster, other));
}

TEST(Holding, GivesBackWhatItHeld) {
    const auto budget = std::make_shared<Budget>(kMost);
    const auto client = std::make_shared<Client>();
    {
        Holding holding(budget, client);
        holding.set(Trust::kNone, kUncountedBytes);
        EXPECT_EQ(budget->total(), 0);
        holding.set(Trust::kNone, kMost / 4);
        EXPECT_FALSE(holding.has_room());
        holding.set(Trust::kOperator, kMost / 4);
        EXPECT_TRUE(holding.has_room());
        EXPECT_FALSE(budget->trust_exceeded(Trust::kNone));
        Holding moved = std::move(holding);
        EXPECT_EQ(budget->total(), kMost / 4);
        EXPECT_EQ(client->bytes, kMost / 4);
        moved = Holding();
        EXPECT_EQ(budget->total(), 0);
        moved = Holding(budget, client);
        moved.set(Trust::kMaster, 5000);
        EXPECT_EQ(budget->total(), 5000);
    }
    EXPECT_EQ(budget->total(), 0);
    EXPECT_EQ(client->bytes, 0);
}

}  // namespace
}  // namespace ezapi::host::http
