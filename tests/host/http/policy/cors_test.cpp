#include "host/http/policy/cors.hpp"

#include <gtest/gtest.h>

#include "ezapi/error.hpp"
#include "host/http/policy/proxies.hpp"

namespace ezapi::host::http {
namespace {

std::string allowed(const Cors& cors, const std::optional<std::string>& origin) {
    Reply reply;
    cors.allow(origin, reply);
    for (const auto& [name, value] : reply.headers) {
        if (name == "Access-Control-Allow-Origin") return value;
    }
    return {};
}

TEST(Cors, AllowsAnyOriginWithoutCredentials) {
    const Cors cors("*");
    EXPECT_EQ(allowed(cors, "https://a.example"), "*");
    Reply reply;
    cors.allow("https://a.example", reply);
    EXPECT_FALSE(reply.has("Access-Control-Allow-Credentials"));
}

TEST(Cors, EchoesListedOriginsOnly) {
    const Cors cors("https://a.example, http://localhost:3000");
    EXPECT_EQ(allowed(cors, "https://a.example"), "https://a.example");
    EXPECT_EQ(allowed(cors, "http://localhost:3000"), "http://localhost:3000");
    EXPECT_EQ(allowed(cors, "https://a.example.evil"), "");
    EXPECT_EQ(allowed(cors, "http://a.example"), "");
    EXPECT_EQ(allowed(cors, "null"), "");
    EXPECT_EQ(allowed(cors, std::nullopt), "");
}

TEST(Cors, RefusesWhatIsNoOrigin) {
    for (const char* bad : {"a.example",
                            "://a.example",
                            "ht tp://a.example",
                            "https://",
                            "https://a.example/",
                            "https://a.example/path",
                            "https://a.example?x",
                            "https://u@a",
                            "https://user:secret@a.example",
                            "http://[:::::]",
                            "http://999.999.999.999",
                            "https://a..example",
                            "https://a.example:0",
                            "https://a.example:99999",
                            "https://a b"}) {
        try {
            const Cors cors(bad);
            ADD_FAILURE() << bad;
        } catch (const Error& error) {
            EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
        }
    }
    EXPECT_NO_THROW(Cors("chrome-extension://abcdef,capacitor://localhost,http://[::1]:3000"));
}

TEST(Cors, TellsCachesThatTheOriginMatters) {
    const Cors cors("https://a.example");
    Reply reply;
    cors.allow(std::nullopt, reply);
    EXPECT_TRUE(reply.has("Vary"));
}

TEST(Cors, AnswersPreflights) {
    const Cors cors("https://a.example");
    Reply reply{204, {}, {}};
    cors.allow_preflight("https://a.example", "GET, POST", reply);
    EXPECT_TRUE(reply.has("Access-Control-Allow-Headers"));
    EXPECT_TRUE(reply.has("Access-Control-Allow-Methods"));
    EXPECT_TRUE(reply.has("Access-Control-Max-Age"));
    Reply other{204, {}, {}};
    cors.allow_preflight("https://b.example", "GET, POST", other);
    EXPECT_FALSE(other.has("Access-Control-Allow-Methods"));
}

TEST(Cors, LetsPagesReadWhatTheApiTellsInHeaders) {
    Reply reply;
    Cors("*").allow("https://a.example", reply);
    std::string readable;
    for (const auto& [name, value] : reply.headers)
        if (name == "Access-Control-Expose-Headers") readable = value;
    for (const char* name : {"Allow", "ETag", "WWW-Authenticate", "X-Change-State"})
        EXPECT_NE(readable.find(name), std::string::npos) << name;
}

TEST(Cors, AllowsNobodyWhenTheListIsEmpty) {
    EXPECT_EQ(allowed(Cors(""), "https://a.example"), "");
}

TEST(Proxies, BelieveNobodyByDefault) {
    EXPECT_EQ(Proxies().client_of("10.0.0.1", "1.2.3.4"), "10.0.0.1");
}

TEST(Proxies, BelieveOnlyWhatTrustedOnesWrote) {
    const std::vector<std::string> networks{"10.0.0.0/8", "fd00::/8"};
    const Proxies proxies(networks);
    EXPECT_EQ(proxies.client_of("10.0.0.1", "1.2.3.4"), "1.2.3.4");
    EXPECT_EQ(proxies.client_of("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.9.9.9"), "1.2.3.4");
    EXPECT_EQ(proxies.client_of("fd00::1", "1.2.3.4"), "1.2.3.4");
    EXPECT_EQ(proxies.client_of("9.0.0.1", "1.2.3.4"), "9.0.0.1");
    EXPECT_EQ(proxies.client_of("10.0.0.1", "nonsense"), "10.0.0.1");
    EXPECT_EQ(proxies.client_of("10.0.0.1", std::nullopt), "10.0.0.1");
}

TEST(Proxies, ReadPortsAndBracketsAndOneFormOfEachAddress) {
    const std::vector<std::string> networks{"10.0.0.0/8", "fd00::/8"};
    const Proxies proxies(networks);
    // Azure's gateway writes a port, HAProxy and others brackets around IPv6.
    EXPECT_EQ(proxies.client_of("10.0.0.1", "203.0.113.9:4711"), "203.0.113.9");
    EXPECT_EQ(proxies.client_of("10.0.0.1", "[2001:DB8::9]"), "2001:db8::9");
    EXPECT_EQ(proxies.client_of("10.0.0.1", "[2001:db8:0::9]:4711"), "2001:db8::9");
    EXPECT_EQ(proxies.client_of("10.0.0.1", "::FFFF:203.0.113.9"), "203.0.113.9");
    EXPECT_EQ(proxies.client_of("::ffff:10.0.0.1", "203.0.113.9"), "203.0.113.9");
    EXPECT_EQ(proxies.client_of("::ffff:9.0.0.1", "203.0.113.9"), "9.0.0.1");
    // A trusted proxy in the middle may have a port, too.
    EXPECT_EQ(proxies.client_of("10.0.0.1", "6.6.6.6, 1.2.3.4:5, [fd00::7]:80, ::ffff:10.9.9.9"),
              "1.2.3.4");
    for (const char* bad : {"203.0.113.9:x", "203.0.113.9:65536", "[2001:db8::9", "unknown", "_id"})
        EXPECT_EQ(proxies.client_of("10.0.0.1", std::string("6.6.6.6, ") + bad), "10.0.0.1") << bad;
}

TEST(Proxies, RefuseWhatIsNoNetwork) {
    for (const char* text : {"", "host", "10.0.0.0/33", "10.0.0.0/x", "fd00::/129"}) {
        const std::vector<std::string> networks{text};
        EXPECT_THROW(Proxies{networks}, Error) << text;
    }
}

}  // namespace
}  // namespace ezapi::host::http
