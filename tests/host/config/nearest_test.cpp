#include "host/config/nearest.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace {

using ezapi::host::config::nearest;

TEST(Nearest, FindsASlipOfTheFingers) {
    const std::vector<std::string> known = {"server.port", "server.address", "redis.db"};
    EXPECT_EQ(nearest("server.prot", known), "server.port");
    EXPECT_EQ(nearest("server.adress", known), "server.address");
    EXPECT_EQ(nearest("redis.dbb", known), "redis.db");
}

TEST(Nearest, LeavesOtherNamesAlone) {
    const std::vector<std::string> known = {"server.port", "a.b"};
    EXPECT_EQ(nearest("log.queue_capacity", known), "");
    EXPECT_EQ(nearest("c.d", known), "");
    EXPECT_EQ(nearest(std::string(5000, 'x'), known), "");
}

}  // namespace
