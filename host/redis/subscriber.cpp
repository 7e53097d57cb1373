#include "host/redis/subscriber.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/escape.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::redis {
namespace {

const auto kEveryone = [](const auto&) { return true; };

/// Without memory for the line it is left out.
void tell_away(const char* why) noexcept {
    (void)guard(nullptr, [&] {
        telemetry::log(EZ_LOG_WARN, "redis", std::string("subscriptions are not served: ") + why);
    });
}

}  // namespace

Subscriber::Subscriber(const Options& options, Resolver& resolver)
    : options_(options),
      resolver_(resolver),
      wake_descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (wake_descriptor_ < 0)
        throw Error(EZ_INTERNAL, std::string("redis: eventfd: ") + std::strerror(errno));
}

Subscriber::~Subscriber() {
    stopping_ = true;
    wake();
    if (thread_.joinable()) thread_.join();
    close(wake_descriptor_);
}

void Subscriber::add(std::string_view owner,
                     std::string_view channel,
                     ez_message_fn fn,
                     void* user,
                     ez_free_fn free_user) {
    roster_.add(owner, {std::string(channel), fn, user}, user, free_user);
}

void Subscriber::activate(std::string_view owner) {
    roster_.activate(owner);
    const std::lock_guard lock(start_mutex_);
    if (!thread_.joinable() && !wanted().empty()) thread_ = std::thread([this] { run(); });
    wake();
}

bool Subscriber::retire(std::string_view owner, Clock::time_point deadline) {
    const bool idle = roster_.retire(owner, deadline);
    wake();
    return idle;
}

void Subscriber::discard(std::string_view owner) {
    roster_.discard(owner);
}

Subscriber::Channels Subscriber::wanted() {
    Channels channels;
    const auto live = roster_.lease(kEveryone);
    live.for_each([&](const Subscription& each) { channels.insert(each.channel); });
    return channels;
}

void Subscriber::wake() noexcept {
    const uint64_t one = 1;
    // A full counter means that the thread is being woken already.
    static_cast<void>(!write(wake_descriptor_, &one, sizeof one));
}

bool Subscriber::wait(int descriptor, std::chrono::milliseconds limit) {
    pollfd sockets[]{{wake_descriptor_, POLLIN, 0}, {descriptor, POLLIN, 0}};
    if (poll(sockets, 2, static_cast<int>(limit.count())) <= 0) return false;
    uint64_t wakes = 0;
    if (sockets[0].revents != 0) static_cast<void>(!read(wake_descriptor_, &wakes, sizeof wakes));
    return sockets[1].revents != 0;
}

void Subscriber::run() {
    std::minstd_rand chance{std::random_device{}()};
    auto pause = options_.probe_min;
    bool told = false;  // that it is unreachable
    while (!stopping_) {
        try {
            if (wanted().empty()) {
                wait(-1, options_.idle_check);
                continue;
            }
            Connection connection(options_, resolver_, Clock::now() + options_.connect_timeout);
            if (told) telemetry::log(EZ_LOG_INFO, "redis", "subscriptions are served again");
            told = false;
            pause = options_.probe_min;
            serve(connection);
        } catch (const Unreached& error) {
            if (!told) tell_away(error.why().c_str());
            told = true;
        } catch (const std::exception& error) {
            if (!told) tell_away(error.what());
            told = true;
        }
        if (stopping_) return;
        wait(-1,
             std::chrono::milliseconds(
                 std::uniform_int_distribution<int64_t>(pause.count() / 2, pause.count())(chance)));
        pause = std::min(pause * 2, options_.probe_max);
    }
}

/// Runs until the connection is lost, which throws, or nothing is subscribed any more.
void Subscriber::serve(Connection& connection) {
    Channels joined;
    Clock::time_point heard = Clock::now();
    bool asked = false;
    while (!stopping_) {
        settle(connection, joined);
        if (joined.empty()) return;
        if (wait(connection.descriptor(), asked ? options_.timeout : options_.idle_check)) {
            heard = Clock::now();
            asked = false;
            connection.read_available();
            while (const std::optional<Reply> message = connection.next()) deliver(*message);
        } else if (Clock::now() - heard >= options_.idle_check + options_.timeout) {
            throw Unreached("the connection for messages is silent", false);
        } else if (Clock::now() - heard >= options_.idle_check) {
            // A half-open connection looks like one without messages, so it is checked.
            constexpr std::string_view kPing = "PING";
            connection.append(Command(&kPing, 1));
            connection.flush(Clock::now() + options_.timeout);
            asked = true;
        }
    }
}

void Subscriber::settle(Connection& connection, Channels& joined) {
    Channels target = wanted();
    if (target == joined) return;
    const auto send = [&](std::string_view verb, const Channels& from, const Channels& without) {
        std::vector<std::string_view> words{verb};
        for (const std::string& channel : from) {
            if (!without.contains(channel)) words.push_back(channel);
        }
        if (words.size() > 1) connection.append(words);
    };
    send("SUBSCRIBE", target, joined);
    send("UNSUBSCRIBE", joined, target);
    connection.flush(Clock::now() + options_.timeout);
    joined = std::move(target);
}

void Subscriber::deliver(const Reply& message) {
    if (message.is_error())
        throw Unreached("SUBSCRIBE was refused: " + escape_controls(message.text, kMostOfMessage),
                        false);
    if (message.elements.size() != 3 || message.elements[0].text != "message") return;
    const std::string& channel = message.elements[1].text;
    const auto live =
        roster_.lease([&](const Subscription& each) { return each.channel == channel; });
    live.for_each([&](const Subscription& each) {
        each.fn(each.user, str(channel), str(message.elements[2].text));
    });
}

}  // namespace ezapi::host::redis
