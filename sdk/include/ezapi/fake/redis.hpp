// The Redis of a fake host: a function of the test answers each command.
//
//     host.redis.answer = [](const Words& words) {
//         return words[0] == "GET" ? fake::RedisValue::bulk("7") : fake::RedisValue::bulk("OK");
//     };
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/fake/context.hpp"
#include "ezapi/prefix.hpp"
#include "ezapi/redis.hpp"

namespace ezapi::fake {

/// A reply of Redis.
struct RedisValue {
    std::int32_t type = EZ_REPLY_NIL;
    std::int64_t integer = 0;
    std::string text = {};
    std::vector<RedisValue> elements = {};

    [[nodiscard]] static RedisValue nil() { return {}; }

    [[nodiscard]] static RedisValue number(std::int64_t value) { return {EZ_REPLY_INTEGER, value}; }

    [[nodiscard]] static RedisValue bulk(std::string text) {
        return {EZ_REPLY_STRING, 0, std::move(text)};
    }

    /// The text begins with a code, e.g. "NOSCRIPT ...".
    [[nodiscard]] static RedisValue error(std::string text) {
        return {EZ_REPLY_ERROR, 0, std::move(text)};
    }

    [[nodiscard]] static RedisValue array(std::vector<RedisValue> elements) {
        return {EZ_REPLY_ARRAY, 0, {}, std::move(elements)};
    }
};

class RedisServer {
public:
    /// Throw Error(EZ_UNAVAILABLE, ...) in it to simulate an unreachable server.
    std::function<RedisValue(const Words&)> answer = [](const Words&) { return RedisValue::nil(); };

    ~RedisServer() { clear(); }

    RedisServer() = default;
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    [[nodiscard]] std::vector<Words> commands() const {
        const std::lock_guard lock(mutex_);
        return commands_;
    }

    /// Delivers a message to the plugin's subscribers, on the calling thread.
    void publish(std::string_view channel, std::string_view payload) {
        for (const Subscriber& subscriber : subscribers_) {
            if (subscriber.channel == channel)
                subscriber.fn(subscriber.user, str(channel), str(payload));
        }
    }

    [[nodiscard]] RedisValue run(const ez_command& command) {
        Words words;
        for (size_t i = 0; i < command.argc; ++i) words.emplace_back(view(command.argv[i]));
        {
            const std::lock_guard lock(mutex_);
            commands_.push_back(words);
        }
        return answer(words);
    }

    void subscribe(std::string_view channel, ez_message_fn fn, void* user, ez_free_fn free_user) {
        subscribers_.push_back({std::string(channel), fn, user, free_user});
    }

    void clear() {
        for (const Subscriber& subscriber : subscribers_) {
            if (subscriber.free_user != nullptr) subscriber.free_user(subscriber.user);
        }
        subscribers_.clear();
    }

private:
    struct Subscriber {
        std::string channel;
        ez_message_fn fn;
        void* user;
        ez_free_fn free_user;
    };

    mutable std::mutex mutex_;
    std::vector<Words> commands_;
    std::vector<Subscriber> subscribers_;
};

namespace detail {

inline const RedisValue& redis_value(const ez_reply* raw) {
    return *reinterpret_cast<const RedisValue*>(raw);
}

inline ez_reply* redis_reply(RedisValue value) {
    return reinterpret_cast<ez_reply*>(new RedisValue(std::move(value)));
}

}  // namespace detail

inline const ez_redis_api kRedis = {
    sizeof(ez_redis_api),
    // command
    [](ez_context* raw,
       const ez_command* command,
       std::uint32_t,
       ez_reply** out,
       ez_error* error) noexcept {
        return guard(error,
                     [&] { *out = detail::redis_reply(context_of(raw).redis->run(*command)); });
    },
    // pipeline
    [](ez_context* raw,
       const ez_command* commands,
       size_t count,
       std::uint32_t,
       ez_reply** out,
       ez_error* error) noexcept {
        return guard(error, [&] {
            std::vector<RedisValue> replies;
            for (size_t i = 0; i < count; ++i)
                replies.push_back(context_of(raw).redis->run(commands[i]));
            *out = detail::redis_reply(RedisValue::array(std::move(replies)));
        });
    },
    // subscribe
    [](ez_context* raw,
       ez_str channel,
       ez_message_fn fn,
       void* user,
       ez_free_fn free_user,
       ez_error* error) noexcept {
        return guard(error,
                     [&] { context_of(raw).redis->subscribe(view(channel), fn, user, free_user); });
    },
    // view
    [](const ez_reply* raw, ez_reply_view* out) noexcept {
        if (raw == nullptr) return give(out, sized<ez_reply_view>());
        const RedisValue& value = detail::redis_value(raw);
        give(out,
             {sizeof(ez_reply_view),
              value.type,
              value.integer,
              str(value.text),
              value.elements.size()});
    },
    // at
    [](const ez_reply* raw, size_t index) noexcept -> const ez_reply* {
        if (raw == nullptr || index >= detail::redis_value(raw).elements.size()) return nullptr;
        return reinterpret_cast<const ez_reply*>(&detail::redis_value(raw).elements[index]);
    },
    // reply_free
    [](ez_reply* raw) noexcept { delete reinterpret_cast<RedisValue*>(raw); },
};

}  // namespace ezapi::fake
