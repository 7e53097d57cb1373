#include "host/config/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/error.hpp"
#include "host/config/value.hpp"
#include "tests/support/refused_urls.hpp"

namespace {

using namespace ezapi;
using namespace ezapi::host::config;
using testing::HasSubstr;

constexpr const char* kSchema = R"({"type":"object","properties":{
    "queue":{"type":"integer","minimum":1,"maximum":9,"default":5,"x-env":"EZ_LOG_QUEUE","x-key":"log.queue"},
    "ack":{"type":"string","enum":["committed","queued"],"default":"committed"},
    "secret":{"type":"string","writeOnly":true,"minLength":4},
    "hosts":{"type":"array","items":{"type":"string"},"default":["a","b"]}}})";

const Setting& find(const Schema& schema, std::string_view name) {
    for (const Setting& setting : schema) {
        if (setting.name == name) return setting;
    }
    throw std::out_of_range(std::string(name));
}

std::string refusal(const std::string& schema) {
    try {
        static_cast<void>(parse_schema("p", schema));
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

TEST(Schema, ReadsTypeRangeDefaultAndPlaces) {
    const Schema schema = parse_schema("logs", kSchema);
    ASSERT_EQ(schema.size(), 4U);
    const Setting& queue = find(schema, "queue");
    EXPECT_EQ(queue.key, "log.queue");
    EXPECT_EQ(queue.env, "EZ_LOG_QUEUE");
    EXPECT_EQ(queue.fallback, "5");
    EXPECT_EQ(queue.allowed(), "an integer from 1 to 9");
    EXPECT_EQ(find(schema, "hosts").fallback, "a,b");
    EXPECT_TRUE(find(schema, "secret").secret);
}

TEST(Schema, PlacesASettingWithoutKeysUnderItsPlugin) {
    const Schema schema = parse_schema("provider-groups", kSchema);
    EXPECT_EQ(find(schema, "ack").key, "plugins.provider-groups.ack");
    EXPECT_EQ(find(schema, "ack").env, "EZ_PLUGINS_PROVIDER_GROUPS_ACK");
}

TEST(Schema, SaysWhatItDoesNotUnderstand) {
    EXPECT_THAT(refusal("{"), HasSubstr("config_schema: is not a JSON object"));
    EXPECT_THAT(refusal(R"({"properties":{"a":{"type":"tuple"}}})"),
                HasSubstr("of property 'a': the type is 'tuple', expected integer"));
    EXPECT_THAT(refusal(R"({"properties":{"enabled":{"type":"boolean"}}})"),
                HasSubstr("neither 'enabled'"));
    EXPECT_THAT(refusal(R"({"properties":{"a":{"type":"integer","minimum":"1"}}})"),
                HasSubstr("minimum is not a number"));
}

TEST(Value, IsParsedWholeOrRefused) {
    const Schema schema = parse_schema("logs", kSchema);
    const Setting& queue = find(schema, "queue");
    EXPECT_EQ(std::get<int64_t>(parse_value(queue, "7")), 7);
    for (const char* text : {"", "0", "10", "7x", " 7", "7.0", "99999999999999999999", "0x7"}) {
        EXPECT_THROW(static_cast<void>(parse_value(queue, text)), Error) << text;
    }
    const Setting& hosts = find(schema, "hosts");
    EXPECT_EQ(to_json(parse_value(hosts, "a, b")), R"(["a","b"])");
    EXPECT_EQ(to_json(parse_value(hosts, "")), "[]");
    EXPECT_THROW(static_cast<void>(parse_value(hosts, "a,,b")), Error);
}

/// "accepted", or why the text is refused.
std::string verdict(const Setting& setting, const char* text) {
    try {
        static_cast<void>(parse_value(setting, text));
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

TEST(Value, NamesWhatIsAllowedButNeverASecret) {
    const Schema schema = parse_schema("logs", kSchema);
    const auto message = [&](const char* name, const char* text) {
        return verdict(find(schema, name), text);
    };
    EXPECT_EQ(message("ack", "maybe"), "'maybe' is not one of committed, queued");
    EXPECT_EQ(message("secret", "abc"),
              "the value (not shown) is not a string of at least 4 characters");
}

TEST(Value, HasTheFormThatItsSchemaAsksFor) {
    const Schema schema = parse_schema("p", R"({"properties":{
        "url":{"type":"string","x-format":"http-url"},
        "nets":{"type":"string","x-format":"cidr-list"},
        "list":{"type":"array","x-format":"cidr-list"}}})");
    const auto message = [&](const char* name, const char* text) {
        return verdict(find(schema, name), text);
    };
    for (const char* good : {"https://models.dev/api.json", "http://[::1]:8080", "http://a?b"})
        EXPECT_EQ(message("url", good), "accepted");
    for (const char* bad : tests::kRefusedUrls) {
        EXPECT_THAT(message("url", bad), HasSubstr(" is not an http:// or https:// address: "));
        EXPECT_THAT(message("url", bad), testing::Not(HasSubstr("secret")));
    }
    EXPECT_EQ(message("url", "http://999.1.1.1/"),
              "'http://999.1.1.1/' is not an http:// or https:// address: the host is not an IPv4 "
              "address: expected four numbers from 0 to 255 without leading zeros");
    EXPECT_EQ(message("nets", "10.0.0.0/8, ::1,fd00::/8"), "accepted");
    for (const char* name : {"nets", "list"})
        EXPECT_EQ(message(name, "10.0.0.0/8, 10.0.0.0/33"),
                  "'10.0.0.0/33' is not an IPv4 or IPv6 address or network like 10.0.0.0/8");
    EXPECT_THAT(refusal(R"({"properties":{"a":{"type":"string","x-format":"email"}}})"),
                HasSubstr("x-format is 'email', expected http-url or cidr-list"));
    EXPECT_THAT(refusal(R"({"properties":{"a":{"type":"integer","x-format":"http-url"}}})"),
                HasSubstr("x-format is for strings and arrays"));
}

TEST(Value, IsShownWithoutSecrets) {
    Setting setting;
    EXPECT_EQ(to_display(setting, std::string("host=db password=hunter2")),
              "(not shown: it may hold a credential)");
    setting.form = Form::kDsn;
    EXPECT_EQ(to_display(setting, std::string("host=db password=hunter2")), "host=db password=***");
    setting.secret = true;
    EXPECT_EQ(to_display(setting, std::string("hunter2")), "***");
    EXPECT_EQ(to_display(setting, std::string()), "(empty)");
}

}  // namespace
