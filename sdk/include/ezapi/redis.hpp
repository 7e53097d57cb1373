// Redis: commands, pipelines, scripts, subscriptions. Arguments are binary safe; a time limit
// applies to the whole call.
//
//     redis_.command({"HSET", key, "status", "active"});
//     const Reply reply = redis_.run(kCompareAndSet, {key}, {revision, value});
//
// A lost connection or a passed deadline throws Error. An error that Redis answers is a Reply of
// type error: `command` and `run` throw it as EZ_UNAVAILABLE, `raw` and `pipeline` return it. The
// accessors of Reply also throw EZ_UNAVAILABLE when the reply has another type than the one asked
// for; a server may answer any command with an error or nil. After EZ_TIMEOUT the command may have
// been executed, so send only what can be sent twice.
//
// Replies are bytes. Error messages quote them escaped and shortened (see escape.hpp), because
// errors are stored, and PostgreSQL accepts only valid text.
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
#include "ezapi/escape.hpp"
#include "ezapi/prefix.hpp"

namespace ezapi {

using Words = std::vector<std::string>;

/// Throws EZ_UNAVAILABLE with the code `redis_refused`: Redis answered `what` with the error
/// `answer`, which is quoted escaped and shortened.
[[noreturn]] inline void refused_by_redis(std::string_view what, std::string_view answer) {
    throw Error(EZ_UNAVAILABLE,
                "redis " + std::string(what) + ": " + escape_controls(answer, kMostOfMessage))
        .with_code("redis_refused");
}

/// A reply, or an element of one. An element is valid as long as the reply that it was read from.
class Reply {
public:
    /// Takes ownership; NULL is a reply of type nil.
    Reply(const ez_redis_api* api, ez_reply* owned) : owned_(owned, Free{api}), reply_(owned) {
        if (reply_ != nullptr) api->view(reply_, &view_);
    }

    [[nodiscard]] bool is_nil() const { return view_.type == EZ_REPLY_NIL; }

    [[nodiscard]] bool is_error() const { return view_.type == EZ_REPLY_ERROR; }

    [[nodiscard]] bool is_array() const { return view_.type == EZ_REPLY_ARRAY; }

    [[nodiscard]] bool is_string() const { return view_.type == EZ_REPLY_STRING; }

    /// The text of a string, a status or an error; empty for every other type.
    [[nodiscard]] std::string_view text() const { return view(view_.text); }

    /// The number of elements of an array; 0 for every other type.
    [[nodiscard]] size_t size() const { return is_array() ? view_.count : 0; }

    /// Throws unless this is an array with such an element.
    [[nodiscard]] Reply operator[](size_t index) const {
        if (index >= size())
            unexpected("an array of at least " + std::to_string(index + 1) + " elements");
        return {api(), api()->at(reply_, index), Element{}};
    }

    /// The text of a string or a status. Throws for every other type.
    [[nodiscard]] std::string_view string() const {
        if (!is_string()) unexpected("a string");
        return text();
    }

    /// As string(), but empty for nil.
    [[nodiscard]] std::string_view string_or_nil() const {
        return is_nil() ? std::string_view() : string();
    }

    /// Returns this reply. Throws unless it is an array.
    [[nodiscard]] const Reply& array() const {
        if (!is_array()) unexpected("an array");
        return *this;
    }

    /// Returns this reply. Throws unless it is an array of `length` elements.
    [[nodiscard]] const Reply& array(size_t length) const {
        if (size() != length || !is_array())
            unexpected("an array of " + std::to_string(length) + " elements");
        return *this;
    }

    /// The value of an integer reply, or of a string that contains an integer. Throws otherwise.
    [[nodiscard]] std::int64_t integer() const {
        if (view_.type == EZ_REPLY_INTEGER) return view_.integer;
        std::int64_t value = 0;
        const auto [end, fault] =
            std::from_chars(text().data(), text().data() + text().size(), value);
        const bool whole = fault == std::errc{} && end == text().data() + text().size();
        if (!is_string() || text().empty() || !whole) unexpected("an integer");
        return value;
    }

    /// Throws EZ_UNAVAILABLE with what was expected and what this reply is.
    [[noreturn]] void unexpected(const std::string& expected) const {
        throw Error(EZ_UNAVAILABLE, "redis: expected " + expected + ", found " + described())
            .with_code("redis_refused");
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
        if (reply_ != nullptr) api->view(reply_, &view_);
    }

    [[nodiscard]] std::string described() const {
        switch (view_.type) {
            case EZ_REPLY_NIL:
                return "nil";
            case EZ_REPLY_INTEGER:
                return "the integer " + std::to_string(view_.integer);
            case EZ_REPLY_ARRAY:
                return "an array of " + std::to_string(view_.count) + " elements";
            case EZ_REPLY_ERROR:
                return "the error " + in_quotes(text());
            default:
                return in_quotes(text());
        }
    }

    [[nodiscard]] const ez_redis_api* api() const { return owned_.get_deleter().api; }

    std::unique_ptr<ez_reply, Free> owned_;
    const ez_reply* reply_;
    ez_reply_view view_ = sized<ez_reply_view>();
};

/// A Lua script with its SHA-1. Redis receives the text when it does not have the script yet.
struct Script {
    std::string_view text;
    std::string_view sha1;  // lower-case hex SHA-1 of `text`
};

/// Any thread; cheap to copy.
class Redis {
public:
    using Timeout = std::chrono::milliseconds;  // 0: the configured one

    explicit Redis(const ez_host* host) : host_(host) {}

    /// Sends one command. Throws when Redis answers with an error.
    Reply command(const Words& words, Timeout timeout = {}) const {
        Reply reply = raw(words, timeout);
        if (reply.is_error()) refused_by_redis(words.front(), reply.text());
        return reply;
    }

    /// As command(), but returns an error of Redis as a Reply.
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

    /// Sends the commands together. Returns an array with one element per command, errors included.
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
        Reply replies{host_->redis, reply};
        (void)replies.array(commands.size());
        return replies;
    }

    /// Runs a script by EVALSHA, or by EVAL when the server does not have it yet.
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
        if (reply.is_error()) refused_by_redis("script", reply.text());
        return reply;
    }

    /// Subscribes to a channel. In the plugin's constructor only. `on_message(channel, payload)`
    /// runs on one thread of the host, one message after the other. When it throws, the error is
    /// logged and the message is lost. Messages sent while the connection is lost are missed.
    void subscribe(std::string_view channel,
                   std::function<void(std::string_view, std::string_view)> on_message) const {
        auto* held = new Subscription{host_, std::move(on_message)};
        check([&](ez_error* error) {
            return host_->redis->subscribe(
                host_->context,
                str(channel),
                [](void* user, ez_str from, ez_str payload) noexcept {
                    static_cast<Subscription*>(user)->deliver(from, payload);
                },
                held,
                [](void* user) noexcept { delete static_cast<Subscription*>(user); },
                error);
        });
    }

private:
    struct Subscription {
        const ez_host* host;
        std::function<void(std::string_view, std::string_view)> handler;

        void deliver(ez_str from, ez_str payload) const noexcept {
            ez_error error{};
            if (guard(&error, [&] { handler(view(from), view(payload)); }) != EZ_OK)
                write_line(host, EZ_LOG_ERROR, "a message of Redis is lost", error);
        }
    };

    static std::vector<ez_str> arguments(const Words& words) {
        std::vector<ez_str> out;
        out.reserve(words.size());
        for (const std::string& word : words) out.push_back(str(word));
        return out;
    }

    const ez_host* host_;
};

}  // namespace ezapi
