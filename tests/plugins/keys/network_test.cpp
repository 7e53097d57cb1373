#include "network.hpp"

#include <gtest/gtest.h>

namespace ezapi::keys {
namespace {

TEST(Network, AddressesAndNetworksOfBothKindsAreTaken) {
    for (const char* good : {"10.0.0.1",
                             "10.0.0.0/8",
                             "0.0.0.0/0",
                             "192.168.1.77/32",
                             "::1",
                             "2001:db8::/32",
                             "::/0",
                             "fe80::1/128",
                             "::ffff:10.0.0.1"}) {
        EXPECT_EQ(network_fault(good), "") << good;
    }
}

TEST(Network, AnythingElseIsRefused) {
    for (const char* bad : {"",
                            "/",
                            "10.0.0",
                            "10.0.0.256",
                            "10.0.0.0/",
                            "10.0.0.0/33",
                            "10.0.0.0/-1",
                            "10.0.0.0/+8",
                            "10.0.0.0/8/8",
                            "10.0.0.0/8 ",
                            "10.0.0.0/a",
                            "2001:db8::/129",
                            "2001:db8:::1",
                            "fe80::1%eth0",
                            "example.org",
                            "*"}) {
        EXPECT_NE(network_fault(bad), "") << bad;
    }
}

TEST(Network, TextBehindANulIsNotOverlooked) {
    EXPECT_NE(network_fault(std::string_view("10.0.0.1\0x", 10)), "");
}

}  // namespace
}  // namespace ezapi::keys
