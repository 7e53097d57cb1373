// Redis. Arguments are binary safe; every call has a total time limit.
//
//     redis_.command({"HSET", key, "status", "active"});
//     const Reply reply = redis_.run(kCompareAndSet, {key}, {revision, value});
//
// A lost connection or a passed deadline throws Error; what Redis itself refuses is a Reply of type
// error, and `command` and `run` throw it as EZ_INTERNAL unless asked for the raw reply. After
// EZ_TIMEOUT the command may have been executed, so send only what can be sent twice.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/error.hpp"

namespace ezapi {

using Words = std::vector<std::string>;

/// A reply, or an element of one that lives as long as the reply it came from.
class Reply {
public:
    Reply(const ez_redis_api* api, ez_reply* owned) : owned_(owned, Free{api}), reply_(owned) {
        api->view(reply_, &view_);
    }

    [[nodiscard]] bool is_nil() const { return view_.type == EZ_REPLY_NIL; }

    [[nodiscard]] bool is_error() const { return view_.type == EZ_REPLY_ERROR; }

    [[nodiscard]] bool is_array() const { return view_.type == EZ_REPLY_ARRAY; }

    [[nodiscard]] std::string_view text() const { return view(view_.text); }

    [[nodiscard]] size_t size() const { return view_.count; }

    [[nodiscard]] Reply operator[](size_t index) const {
        return {api(), api()->at(reply_, index), Element{}};
    }

    /// An integer reply, or a string that is one.
    [[nodiscard]] std::int64_t integer() const {
        if (view_.type == EZ_REPLY_INTEGER) return view_.integer;
        std::int64_t value = 0;
        const auto [end, fault] =
            std::from_chars(text().data(), text().data() + text().size(), value);
        if (text().empty() || fault != std::errc{} || end != text().data() + text().size()) {
            throw Error(
                EZ_INTERNAL,
                "redis: expected an integer, found '" + std::string(text().substr(0, 80)) + "'");
        }
        return value;
    }

private:
    struct Element {};

    struct Free {
        const ez_redis_api* api;

        void operator()(ez_reply* reply) const {
            if (reply != nullptr) api->reply_free(reply);
        }
    };

    Reply(const ez_redis_api* api, const ez_reply* element, Element)
        : owned_(nullptr, Free{api}), reply_(element) {
        api->view(reply_, &view_);
    }

    [[nodiscard]] const ez_redis_api* api() const { return owned_.get_deleter().api; }

    std::unique_ptr<ez_reply, Free> owned_;
    const ez_reply* reply_;
    ez_reply_view view_{};
};

/// A Lua script with its SHA-1, which Redis learns on the first use.
struct Script {
    std::string_view text;
    std::string_view sha1;  // lower-case hex of text
};

class Redis {
public:
    using Timeout = std::chrono::milliseconds;  // 0: the configured one

    explicit Redis(const ez_host* host) : host_(host) {}

    /// Throws what Redis refuses.
    Reply command(const Words& words, Timeout timeout = {}) const {
        Reply reply = raw(words, timeout);
        if (reply.is_error())
            throw Error(EZ_INTERNAL, "redis " + words.front() + ": " + std::string(reply.text()));
        return reply;
    }

    /// The reply as it is, errors included.
    Reply raw(const Words& words, Timeout timeout = {}) const {
        std::vector<ez_str> argv = arguments(words);
        const ez_command command{argv.data(), argv.size()};
        ez_reply* reply = nullptr;
        check([&](ez_error* error) {
            return host_->redis->command(host_->context,
                                         &command,
                                         static_cast<std::uint32_t>(timeout.count()),
                                         &reply,
                                         error);
        });
        return {host_->redis, reply};
    }

    /// Sent together; one element per command, errors included.
    Reply pipeline(std::span<const Words> commands, Timeout timeout = {}) const {
        std::vector<std::vector<ez_str>> argv;
        std::vector<ez_command> raw;
        argv.reserve(commands.size());
        for (const Words& words : commands) {
            argv.push_back(arguments(words));
            raw.push_back({argv.back().data(), argv.back().size()});
        }
        ez_reply* reply = nullptr;
        check([&](ez_error* error) {
            return host_->redis->pipeline(host_->context,
                                          raw.data(),
                                          raw.size(),
                                          static_cast<std::uint32_t>(timeout.count()),
                                          &reply,
                                          error);
        });
        return {host_->redis, reply};
    }

    /// EVALSHA, and EVAL where the server does not know the script yet.
    Reply run(const Script& script,
              const Words& keys,
              const Words& args,
              Timeout timeout = {}) const {
        Words words{"EVALSHA", std::string(script.sha1), std::to_string(keys.size())};
        words.insert(words.end(), keys.begin(), keys.end());
        words.insert(words.end(), args.begin(), args.end());
        Reply reply = raw(words, timeout);
        if (reply.is_error() && reply.text().starts_with("NOSCRIPT")) {
            words[0] = "EVAL";
            words[1] = script.text;
            return command(words, timeout);
        }
        if (reply.is_error())
            throw Error(EZ_INTERNAL, "redis script: " + std::string(reply.text()));
        return reply;
    }

    /// In the constructor only. `on_message(channel, payload)` runs on a thread of the host.
    void subscribe(std::string_view channel,
                   std::function<void(std::string_view, std::string_view)> on_message) const {
        using Handler = std::function<void(std::string_view, std::string_view)>;
        auto* held = new Handler(std::move(on_message));
        check([&](ez_error* error) {
            return host_->redis->subscribe(
                host_->context,
                str(channel),
                [](void* user, ez_str from, ez_str payload) noexcept {
                    (*static_cast<Handler*>(user))(view(from), view(payload));
                },
                held,
                [](void* user) noexcept { delete static_cast<Handler*>(user); },
                error);
        });
    }

private:
    static std::vector<ez_str> arguments(const Words& words) {
        std::vector<ez_str> out;
        out.reserve(words.size());
        for (const std::string& word : words) out.push_back(str(word));
        return out;
    }

    const ez_host* host_;
};

}  // namespace ezapi
