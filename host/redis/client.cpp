#include "host/redis/client.hpp"

#include "ezapi/error.hpp"
#include "ezapi/escape.hpp"
#include "host/redis/pool.hpp"
#include "host/redis/subscriber.hpp"

namespace ezapi::host::redis {
namespace {

Options checked(Options options) {
    const auto require = [](bool good, const char* why) {
        if (!good) throw Error(EZ_INVALID, std::string("redis: ") + why);
    };
    require(!options.host.empty(),
            "the host is empty, expected a name, an address or a socket path");
    require(options.port != 0 || options.host.starts_with('/'),
            "the port is 0, expected 1 to 65535");
    require(options.database >= 0, "the database is negative, expected 0 or more");
    require(options.username.empty() || !options.password.empty(), "a username without a password");
    require(options.pool_size >= 1, "the pool size is 0, expected at least 1 connection");
    require(options.timeout.count() > 0, "the timeout is 0, expected a positive time");
    require(options.connect_timeout.count() > 0,
            "the connect timeout is 0, expected a positive time");
    require(options.idle_check.count() > 0, "the idle check is 0, expected a positive time");
    require(options.probe_min.count() > 0 && options.probe_min <= options.probe_max,
            "the pauses between probes must be positive and ascending");
    return options;
}

void require_words(Command command) {
    if (command.empty()) throw Error(EZ_INVALID, "redis: a command without words");
}

}  // namespace

Client::Client(Options options, telemetry::Metrics* metrics)
    : pool_(std::make_unique<Pool>(checked(options), metrics)),
      subscriber_(std::make_unique<Subscriber>(options, pool_->resolver())) {}

Client::~Client() = default;

Reply Client::command(Command words, std::chrono::milliseconds timeout) {
    require_words(words);
    return std::move(pool_->call({&words, 1}, timeout).front());
}

Reply Client::pipeline(std::span<const Command> commands, std::chrono::milliseconds timeout) {
    for (const Command& command : commands) require_words(command);
    Reply all;
    all.type = EZ_REPLY_ARRAY;
    if (!commands.empty()) all.elements = pool_->call(commands, timeout);
    return all;
}

void Client::subscribe(std::string_view owner,
                       std::string_view channel,
                       ez_message_fn fn,
                       void* user,
                       ez_free_fn free_user) {
    if (channel.empty() || fn == nullptr) {
        if (free_user != nullptr) free_user(user);
        throw Error(EZ_INVALID,
                    "redis: subscription of " + std::string(owner) + " to '" +
                        std::string(channel) + "': expected a channel and a function");
    }
    subscriber_->add(owner, channel, fn, user, free_user);
}

void Client::activate(std::string_view owner) {
    subscriber_->activate(owner);
}

bool Client::retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) {
    return subscriber_->retire(owner, deadline);
}

void Client::discard(std::string_view owner) {
    subscriber_->discard(owner);
}

void Client::ping(std::chrono::milliseconds timeout) {
    const Reply reply = command({"PING"}, timeout);
    if (reply.text != "PONG")
        throw Error(EZ_UNAVAILABLE, "redis: PING was answered with " + in_quotes(reply.text));
}

std::string Client::last_error() const {
    return pool_->last_error();
}

bool Client::connected() const noexcept {
    return pool_->connected();
}

}  // namespace ezapi::host::redis
