#include "ezapi/network.hpp"

#include <gtest/gtest.h>

namespace ezapi {
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

bool in(std::string_view address, std::string_view network) {
    return Address::parse(address).value().in(network);
}

TEST(Network, HoldsItsAddressesAndNoOthers) {
    EXPECT_TRUE(in("10.1.2.3", "10.0.0.0/8"));
    EXPECT_FALSE(in("11.0.0.1", "10.0.0.0/8"));
    EXPECT_TRUE(in("192.168.1.255", "192.168.1.128/25"));
    EXPECT_FALSE(in("192.168.1.127", "192.168.1.128/25"));
    EXPECT_TRUE(in("2001:db8::1", "2001:db8::/32"));
    EXPECT_FALSE(in("2001:db9::1", "2001:db8::/32"));
    EXPECT_TRUE(in("8.8.8.8", "0.0.0.0/0"));
    EXPECT_FALSE(in("::1", "0.0.0.0/0"));
    EXPECT_TRUE(in("8.8.8.8", "::/0"));
}

TEST(Network, AnAddressAloneIsItself) {
    EXPECT_TRUE(in("10.0.0.1", "10.0.0.1"));
    EXPECT_FALSE(in("10.0.0.2", "10.0.0.1"));
    EXPECT_TRUE(in("2001:DB8:0::1", "2001:db8::1"));
}

TEST(Network, Ipv4OverIpv6IsIpv4) {
    EXPECT_TRUE(in("::ffff:10.0.0.1", "10.0.0.0/8"));
    EXPECT_TRUE(in("10.0.0.1", "::ffff:10.0.0.0/104"));
}

TEST(Network, OtherTextIsNoAddress) {
    for (const char* text : {"", "10.0.0", "10.0.0.1/8", "host", "1::2::3", "256.0.0.1"})
        EXPECT_FALSE(Address::parse(text)) << text;
    EXPECT_FALSE(Address::parse(std::string_view("10.0.0.1\0", 9)));
}

TEST(Network, IsKeptWithoutItsHostBits) {
    EXPECT_EQ(canonical_network("10.1.2.3/8"), "10.0.0.0/8");
    EXPECT_EQ(canonical_network("10.0.0.0/8"), "10.0.0.0/8");
    EXPECT_EQ(canonical_network("192.168.1.255/25"), "192.168.1.128/25");
    EXPECT_EQ(canonical_network("10.1.2.3/32"), "10.1.2.3/32");
    EXPECT_EQ(canonical_network("10.1.2.3/0"), "0.0.0.0/0");
    EXPECT_EQ(canonical_network("10.1.2.3"), "10.1.2.3");
    EXPECT_EQ(canonical_network("2001:DB8:0:1::7/33"), "2001:db8::/33");
    EXPECT_EQ(canonical_network("2001:DB8:0::7"), "2001:db8::7");
    EXPECT_EQ(canonical_network("::ffff:10.1.2.3/104"), "::ffff:10.0.0.0/104");
}

}  // namespace
}  // namespace ezapi
