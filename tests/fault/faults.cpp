#include "tests/fault/faults.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/eventually.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;

struct Kind {
    const char* name;
    int shortest_ms;
    int longest_ms;
};

constexpr std::array<Kind, 13> kKinds{{{"kill", 0, 1500},
                                       {"kill", 0, 1500},
                                       {"stop", 300, 6000},
                                       {"stop", 300, 6000},
                                       {"redis restart", 0, 2000},
                                       {"redis restart", 0, 2000},
                                       {"redis older copy", 0, 2000},
                                       {"redis flush", 0, 1},
                                       {"redis flush", 0, 1},
                                       {"redis hang", 200, 3000},
                                       {"postgres restart", 0, 1000},
                                       {"redis connections", 200, 2500},
                                       {"postgres connections", 200, 2500}}};

void begin_on(TcpProxy& proxy, std::uint32_t way) {
    if (way == 0) proxy.cut();
    if (way == 1) proxy.refuse(true);
    if (way == 2) proxy.stall(true);
}

void end_on(TcpProxy& proxy, std::uint32_t way) {
    if (way == 1) proxy.refuse(false);
    if (way == 2) proxy.stall(false);
}

}  // namespace

/// A killed instance is restarted last, because its start needs everything else.
void Faults::next() {
    rest(100, 1500);
    const Fault first = draw();
    std::optional<Fault> second;
    if (below(4) == 0) {
        do {
            second = draw();
        } while (second->target == first.target);
    }
    begin(first);
    ++done_[first.kind];
    if (!second) {
        std::this_thread::sleep_for(first.lasts);
        end(first);
        return;
    }
    rest(0, 500);
    begin(*second);
    ++done_[second->kind];
    ++done_["two at once"];
    std::this_thread::sleep_for(std::max(first.lasts, second->lasts));
    const bool first_was_killed = first.kind == "kill";
    end(first_was_killed ? *second : first);
    rest(0, 500);
    end(first_was_killed ? first : *second);
}

Faults::Fault Faults::draw() {
    const Kind& kind = kKinds[below(kKinds.size())];
    Fault fault{kind.name, below(2), below(3), {}, {}};
    fault.lasts = std::chrono::milliseconds(
        kind.shortest_ms +
        static_cast<int>(below(static_cast<std::uint32_t>(kind.longest_ms - kind.shortest_ms))));
    const std::string where = std::to_string(fault.place);
    if (fault.kind == "kill" || fault.kind == "stop") {
        fault.target = "instance " + where;
    } else if (fault.kind.ends_with("connections")) {
        fault.target = fault.kind + " " + where;
    } else {
        fault.target = fault.kind.substr(0, fault.kind.find(' '));
    }
    return fault;
}

void Faults::begin(const Fault& fault) {
    Arena::Place& place = arena_.places[fault.place];
    if (fault.kind == "kill") place.instance->kill();
    if (fault.kind == "stop") place.instance->signal(SIGSTOP);
    if (fault.kind == "redis restart") arena_.redis.stop();
    if (fault.kind == "redis older copy") keep_copy();
    if (fault.kind == "redis flush") RedisReader(arena_.redis.port()).command({"FLUSHALL"});
    if (fault.kind == "redis hang") arena_.redis.pause();
    if (fault.kind == "postgres restart") arena_.postgres.stop();
    if (fault.kind == "redis connections") begin_on(*place.to_redis, fault.way);
    if (fault.kind == "postgres connections") begin_on(*place.to_postgres, fault.way);
}

void Faults::end(const Fault& fault) {
    Arena::Place& place = arena_.places[fault.place];
    if (fault.kind == "kill") place.instance->start();
    if (fault.kind == "stop") place.instance->signal(SIGCONT);
    if (fault.kind == "redis restart") arena_.redis.start();
    if (fault.kind == "redis older copy") {
        arena_.redis.start();
        drop_copy();  // the next restart finds no data
    }
    if (fault.kind == "redis hang") arena_.redis.resume();
    if (fault.kind == "postgres restart") arena_.postgres.start();
    if (fault.kind == "redis connections") end_on(*place.to_redis, fault.way);
    if (fault.kind == "postgres connections") end_on(*place.to_postgres, fault.way);
}

/// Saves a copy of Redis from which it will restart later. A node cannot distinguish a copy with
/// the revision that it has applied from its own data, so the copy must be older.
void Faults::keep_copy() {
    RedisReader redis(arena_.redis.port());
    const auto number = [&](const std::string& key, const std::string& field) {
        return std::stoll(redis.field(key, field).value_or("0"));
    };
    std::int64_t copied = number("meta:sync", "revision");
    redis.command({"SAVE"});
    copied = std::max<std::int64_t>(copied, number("meta:sync", "revision"));
    const bool outdated =
        eventually(5s, [&] { return number("dp:node:" + node_, "applied_revision") > copied; });
    if (!outdated) {
        ++done_["redis older copy in vain"];
        drop_copy();
    }
    arena_.redis.stop();
}

void Faults::drop_copy() {
    std::vector<std::string> folder;
    RedisReader(arena_.redis.port()).command({"CONFIG", "GET", "dir"}, &folder);
    std::filesystem::remove(folder.at(1) + "/dump.rdb");
}

void Faults::rest(int from_ms, int to_ms) {
    const int more = static_cast<int>(below(static_cast<std::uint32_t>(to_ms - from_ms)));
    std::this_thread::sleep_for(std::chrono::milliseconds(from_ms + more));
}

std::uint32_t Faults::below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(random_() % limit);
}

}  // namespace ezapi::tests
