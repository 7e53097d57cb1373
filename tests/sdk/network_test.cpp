#include "ezapi/network.hpp"

#include <gtest/gtest.h>

#include <string>

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

TEST(Network, HostBitsAreRefusedWithTheNetworkThatWasMeant) {
    EXPECT_EQ(network_fault("10.1.2.3/8"),
              "'10.1.2.3/8' has bits set behind its prefix: write 10.0.0.0/8 for the network, or "
              "10.1.2.3 for the address");
    for (const char* bad : {"192.168.1.255/25", "10.1.2.3/0", "2001:db8:0:1::7/33", "::1/0"})
        EXPECT_NE(network_fault(bad), "") << bad;
}

TEST(Network, Ipv4NetworksAreNotWrittenAsIpv6) {
    EXPECT_EQ(network_fault("::ffff:10.0.0.0/8"),
              "'::ffff:10.0.0.0/8' is an IPv4 network in IPv6 notation: write 10.0.0.0/8");
    EXPECT_EQ(network_fault("::ffff:10.0.0.0/104"),
              "'::ffff:10.0.0.0/104' is an IPv4 network in IPv6 notation: write 10.0.0.0/8");
    EXPECT_NE(network_fault("::ffff:a00:0/104"), "");
    EXPECT_NE(network_fault("::ffff:0:0/96"), "");
    EXPECT_NE(network_fault("::ffff:10.0.0.0/64"), "");
}

TEST(Network, NoNetworkHoldsAllOfIpv4ByAccident) {
    for (int bits = 1; bits <= 80; ++bits)
        EXPECT_NE(network_fault("::/" + std::to_string(bits)), "") << bits;
    EXPECT_EQ(network_fault("::/0"), "");
    EXPECT_EQ(network_fault("::/96"), "");
}

TEST(Network, OneLiesWithinAnother) {
    EXPECT_TRUE(network_within("10.1.0.0/16", "10.0.0.0/8"));
    EXPECT_TRUE(network_within("10.1.2.3", "10.0.0.0/8"));
    EXPECT_TRUE(network_within("10.0.0.0/8", "10.0.0.0/8"));
    EXPECT_TRUE(network_within("10.0.0.0/8", "::/0"));
    EXPECT_TRUE(network_within("2001:db8::/48", "2001:db8::/32"));
    EXPECT_FALSE(network_within("10.0.0.0/7", "10.0.0.0/8"));
    EXPECT_FALSE(network_within("11.0.0.1", "10.0.0.0/8"));
    EXPECT_FALSE(network_within("::/0", "0.0.0.0/0"));
    EXPECT_FALSE(network_within("10.0.0.0/8", "10.0.0.1"));
    EXPECT_FALSE(network_within("no", "10.0.0.1"));
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

TEST(Network, IsKeptInOneForm) {
    EXPECT_EQ(canonical_network("10.0.0.0/8"), "10.0.0.0/8");
    EXPECT_EQ(canonical_network("10.1.2.3/32"), "10.1.2.3/32");
    EXPECT_EQ(canonical_network("10.1.2.3"), "10.1.2.3");
    EXPECT_EQ(canonical_network("2001:DB8:0::/33"), "2001:db8::/33");
    EXPECT_EQ(canonical_network("2001:DB8:0::7"), "2001:db8::7");
    EXPECT_EQ(canonical_network("::ffff:10.1.2.3"), "10.1.2.3");
    EXPECT_EQ(canonical_network("::FFFF:a01:203"), "10.1.2.3");
}

TEST(Network, EachAddressHasOneText) {
    for (const char* text : {"10.1.2.3",
                             "::ffff:10.1.2.3",
                             "::FFFF:10.1.2.3",
                             "::ffff:a01:203",
                             "0:0:0:0:0:ffff:10.1.2.3",
                             "0000:0000:0000:0000:0000:ffff:0a01:0203"})
        EXPECT_EQ(canonical_address(text), "10.1.2.3") << text;
    for (const char* text : {"2001:db8::7",
                             "2001:DB8::7",
                             "2001:db8:0::7",
                             "2001:0db8:0:0:0:0:0:7",
                             "2001:db8::0.0.0.7"})
        EXPECT_EQ(canonical_address(text), "2001:db8::7") << text;
    EXPECT_EQ(canonical_address("::"), "::");
    EXPECT_EQ(canonical_address("::10.1.2.3"), "::10.1.2.3") << "not an IPv6-mapped address";
    for (const char* text : {"",
                             " 10.1.2.3",
                             "10.1.2",
                             "010.1.2.3",
                             "10.1.2.3:80",
                             "[::1]",
                             "host",
                             "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"})
        EXPECT_FALSE(canonical_address(text)) << text;
}

TEST(Network, EndpointsHaveBracketsAndPortsWhereTheyAreDue) {
    const auto shown = [](std::string_view text) {
        const auto endpoint = parse_endpoint(text);
        if (!endpoint) return std::string("none");
        return endpoint->address.text() +
               (endpoint->port ? " port " + std::to_string(*endpoint->port) : "");
    };
    EXPECT_EQ(shown("10.1.2.3"), "10.1.2.3");
    EXPECT_EQ(shown("10.1.2.3:4711"), "10.1.2.3 port 4711");
    EXPECT_EQ(shown("10.1.2.3:0"), "10.1.2.3 port 0");
    EXPECT_EQ(shown("10.1.2.3:65535"), "10.1.2.3 port 65535");
    EXPECT_EQ(shown("2001:DB8:0::7"), "2001:db8::7");
    EXPECT_EQ(shown("[2001:DB8:0::7]"), "2001:db8::7");
    EXPECT_EQ(shown("[2001:db8::7]:443"), "2001:db8::7 port 443");
    EXPECT_EQ(shown("::ffff:10.1.2.3"), "10.1.2.3");
    EXPECT_EQ(shown("[::ffff:10.1.2.3]:80"), "10.1.2.3 port 80");
    EXPECT_EQ(shown("fe80::1%eth0"), "fe80::1");
    EXPECT_EQ(shown("[fe80::1%25]:80"), "fe80::1 port 80");
    for (const char* bad : {"",
                            ":",
                            ":80",
                            "[]",
                            "[]:80",
                            "[",
                            "[::1",
                            "::1]",
                            "[::1]80",
                            "[::1]:",
                            "[::1]:x",
                            "[::1]:65536",
                            "[::1]:-1",
                            "[::1]:+1",
                            "[::1]:80 ",
                            "[10.1.2.3]:80",
                            "10.1.2.3:",
                            "10.1.2.3:65536",
                            "10.1.2.3:80x",
                            "10.1.2.3:80:80",
                            "10.1.2.3%eth0",
                            "fe80::1%",
                            "%eth0",
                            "unknown",
                            "_hidden",
                            "[[::1]]",
                            "host:80"})
        EXPECT_EQ(shown(bad), "none") << bad;
}

TEST(Network, AClientIsAnIpv4AddressOrAnIpv6Network) {
    const auto client = [](std::string_view text) {
        return Address::parse(text).value().client_network().text();
    };
    EXPECT_EQ(client("10.1.2.3"), "10.1.2.3");
    EXPECT_EQ(client("::ffff:10.1.2.3"), "10.1.2.3");
    EXPECT_EQ(client("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    EXPECT_EQ(client("2001:db8::1"), "2001:db8::");
    EXPECT_EQ(client("2001:db8::1"), client("2001:db8:0:0:ffff::"));
    EXPECT_NE(client("2001:db8::1"), client("2001:db8:0:1::1"));
    EXPECT_EQ(client("::1"), "::");
}

}  // namespace
}  // namespace ezapi
