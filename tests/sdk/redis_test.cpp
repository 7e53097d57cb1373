#include "ezapi/redis.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "ezapi/fake_host.hpp"
#include "ezapi/text.hpp"

namespace ezapi {
namespace {

TEST(Redis, ReadsEachKindOfReply) {
    FakeHost host;
    host.redis.answer = [](const Words& words) {
        if (words[0] == "GET") return fake::RedisValue::nil();
        if (words[0] == "INCR") return fake::RedisValue::number(8);
        return fake::RedisValue::array({fake::RedisValue::bulk("a"), fake::RedisValue::bulk("12")});
    };
    const Redis redis(host.abi());

    EXPECT_TRUE(redis.command({"GET", "k"}).is_nil());
    EXPECT_EQ(redis.command({"INCR", "k"}).integer(), 8);
    const Reply list = redis.command({"LRANGE", "k", "0", "-1"});
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].text(), "a");
    EXPECT_EQ(list[1].integer(), 12);
    EXPECT_THROW((void)list[0].integer(), Error);
}

TEST(Redis, ThrowsWhatTheServerRefusesUnlessAskedForTheReply) {
    FakeHost host;
    host.redis.answer = [](const Words&) { return fake::RedisValue::error("OOM no memory"); };
    const Redis redis(host.abi());

    EXPECT_THROW((void)redis.command({"SET", "k", "v"}), Error);
    EXPECT_TRUE(redis.raw({"SET", "k", "v"}).is_error());
}

TEST(Redis, SendsAScriptThatTheServerDoesNotKnow) {
    FakeHost host;
    host.redis.answer = [](const Words& words) {
        return words[0] == "EVALSHA" ? fake::RedisValue::error("NOSCRIPT No matching script")
                                     : fake::RedisValue::number(1);
    };
    const Script script{"return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"};

    EXPECT_EQ(Redis(host.abi()).run(script, {"k"}, {"v"}).integer(), 1);

    const auto commands = host.redis.commands();
    ASSERT_EQ(commands.size(), 2U);
    EXPECT_EQ(commands[0], (Words{"EVALSHA", std::string(script.sha1), "1", "k", "v"}));
    EXPECT_EQ(commands[1], (Words{"EVAL", "return 1", "1", "k", "v"}));
}

TEST(Redis, PipelinesWithOneReplyForEachCommand) {
    FakeHost host;
    host.redis.answer = [](const Words& words) { return fake::RedisValue::bulk(words[1]); };
    const std::vector<Words> commands{{"ECHO", "a"}, {"ECHO", "b"}};

    const Reply replies = Redis(host.abi()).pipeline(commands);

    ASSERT_EQ(replies.size(), 2U);
    EXPECT_EQ(replies[1].text(), "b");
}

/// Each accessor with a reply of each type: a type that does not fit throws, and nothing is read
/// beyond the reply.
TEST(Redis, EveryReadingOfEveryReplyGivesAValueOrAnError) {
    using fake::RedisValue;
    const std::vector<RedisValue> values{RedisValue::nil(),
                                         RedisValue::number(-7),
                                         RedisValue::bulk(""),
                                         RedisValue::bulk("12"),
                                         RedisValue::bulk("text"),
                                         RedisValue::error("NOPERM no"),
                                         RedisValue::array({}),
                                         RedisValue::array({RedisValue::nil()}),
                                         RedisValue::array({RedisValue::array({})}),
                                         RedisValue{99, 5, "of a type to come", {}}};
    const auto refused = [](const auto& read) {
        try {
            read();
            return false;
        } catch (const Error& error) {
            EXPECT_EQ(error.status(), EZ_UNAVAILABLE);
            EXPECT_EQ(error.code(), "redis_refused");
            return true;
        }
    };
    for (const RedisValue& value : values) {
        FakeHost host;
        host.redis.answer = [&](const Words&) { return value; };
        const Reply reply = Redis(host.abi()).raw({"ANY"});
        const size_t elements = value.elements.size();
        EXPECT_EQ(reply.size(), elements);
        for (const size_t index : {size_t{0}, size_t{1}, size_t{1000}, SIZE_MAX})
            EXPECT_EQ(refused([&] { (void)reply[index]; }), index >= elements);
        EXPECT_EQ(refused([&] { (void)reply[0][0]; }), true);
        EXPECT_EQ(refused([&] { (void)reply.string(); }), value.type != EZ_REPLY_STRING);
        EXPECT_EQ(refused([&] { (void)reply.string_or_nil(); }),
                  value.type != EZ_REPLY_STRING && value.type != EZ_REPLY_NIL);
        EXPECT_EQ(refused([&] { (void)reply.array(); }), value.type != EZ_REPLY_ARRAY);
        EXPECT_EQ(refused([&] { (void)reply.array(1); }),
                  value.type != EZ_REPLY_ARRAY || elements != 1);
        EXPECT_EQ(refused([&] { (void)reply.integer(); }),
                  value.type != EZ_REPLY_INTEGER && value.text != "12");
    }
    FakeHost host;
    const Reply none(host.abi()->redis, nullptr);
    EXPECT_TRUE(none.is_nil());
    EXPECT_TRUE(refused([&] { (void)none[0]; }));
}

/// Errors are stored, and PostgreSQL refuses NUL and invalid UTF-8.
TEST(Redis, EveryErrorOfEveryReplyIsTextWhateverItsBytes) {
    using fake::RedisValue;
    FakeHost host;
    RedisValue value;
    host.redis.answer = [&](const Words&) { return value; };
    const Redis redis(host.abi());
    const Script script{"return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"};
    const std::vector<std::function<void()>> readings{
        [&] {
            (void)redis.command({"GET", "k"}).integer();
        },
        [&] {
            (void)redis.raw({"GET", "k"}).integer();
        },
        [&] {
            (void)redis.raw({"GET", "k"}).array();
        },
        [&] {
            (void)redis.raw({"GET", "k"})[0];
        },
        [&] {
            redis.raw({"GET", "k"}).unexpected("something else");
        },
        [&] { (void)redis.run(script, {}, {}).integer(); },
        [&] {
            const std::vector<Words> commands{{"GET", "k"}};
            (void)redis.pipeline(commands)[0].integer();
        }};
    for (int byte = 0; byte < 256; ++byte) {
        for (const size_t count : {size_t{1}, size_t{3}, size_t{100'000}}) {
            const std::string text = "-E " + std::string(count, static_cast<char>(byte));
            for (const RedisValue& reply : {RedisValue::bulk(text), RedisValue::error(text)}) {
                value = reply;
                for (const auto& reading : readings) {
                    try {
                        reading();
                        FAIL() << "byte " << byte << " was read";
                    } catch (const Error& error) {
                        const std::string_view message = error.what();
                        EXPECT_TRUE(is_storable(message)) << "byte " << byte << ": " << message;
                        EXPECT_EQ(control_character(message), 0U) << "byte " << byte;
                        EXPECT_LE(message.size(), 600U);
                    }
                }
            }
        }
    }
}

TEST(Redis, AMessageThatASubscriberCannotTakeIsLostAndLogged) {
    FakeHost host;
    Redis(host.abi()).subscribe("channel", [](std::string_view, std::string_view) {
        throw std::runtime_error("not that one");
    });
    host.redis.publish("channel", "payload");
    EXPECT_TRUE(host.log.contains("not that one"));
}

TEST(Redis, PassesAnOutageOn) {
    FakeHost host;
    host.redis.answer = [](const Words&) -> fake::RedisValue {
        throw Error(EZ_UNAVAILABLE, "redis: connection refused");
    };
    try {
        (void)Redis(host.abi()).command({"PING"});
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.http_status(), 503);
    }
}

}  // namespace
}  // namespace ezapi
