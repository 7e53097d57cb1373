#include "host/db/call_scope.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace ezapi::host::db {
namespace {

TEST(CallScope, NestsAndIsSeenOnItsThreadOnly) {
    EXPECT_EQ(CallScope::current(), nullptr);
    Origin origin;
    origin.request_id = "r1";
    CallScope outer(origin);
    {
        CallScope inner(Origin{});
        EXPECT_EQ(CallScope::current(), &inner);
        std::thread([] { EXPECT_EQ(CallScope::current(), nullptr); }).join();
    }
    ASSERT_EQ(CallScope::current(), &outer);
    EXPECT_EQ(CallScope::current()->origin().request_id, "r1");
}

}  // namespace
}  // namespace ezapi::host::db
