#include "tests/fault/faults.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <thread>

namespace ezapi::tests {
namespace {

constexpr std::array<const char*, 12> kKinds{"kill",
                                             "kill",
                                             "stop",
                                             "stop",
                                             "redis restart",
                                             "redis flush",
                                             "redis flush",
                                             "redis hang",
                                             "postgres restart",
                                             "redis connections",
                                             "postgres connections",
                                             "redis restart"};

}  // namespace

void Faults::next() {
    rest(100, 1500);
    const std::string kind = kKinds[below(kKinds.size())];
    run(kind);
    ++done_[kind];
}

void Faults::run(const std::string& kind) {
    Arena::Place& place = arena_.places[below(2)];
    if (kind == "kill") kill(place);
    if (kind == "stop") stop_for_a_while(place);
    if (kind == "redis restart") {
        arena_.redis.stop();
        rest(0, 2000);
        arena_.redis.start();
    }
    if (kind == "redis flush") RedisReader(arena_.redis.port()).command({"FLUSHALL"});
    if (kind == "redis hang") {
        arena_.redis.pause();
        rest(200, 3000);
        arena_.redis.resume();
    }
    if (kind == "postgres restart") {
        arena_.postgres.stop();
        rest(0, 1000);
        arena_.postgres.start();
    }
    if (kind == "redis connections") proxy(*place.to_redis);
    if (kind == "postgres connections") proxy(*place.to_postgres);
}

void Faults::kill(Arena::Place& place) {
    place.instance->kill();
    rest(0, 1500);
    place.instance->start();
}

void Faults::stop_for_a_while(Arena::Place& place) {
    place.instance->signal(SIGSTOP);
    rest(300, 6000);
    place.instance->signal(SIGCONT);
}

void Faults::proxy(TcpProxy& proxy) {
    switch (below(3)) {
        case 0:
            proxy.cut();
            break;
        case 1:
            proxy.refuse(true);
            rest(200, 2500);
            proxy.refuse(false);
            break;
        default:
            proxy.stall(true);
            rest(200, 2500);
            proxy.stall(false);
    }
}

void Faults::rest(int from_ms, int to_ms) {
    const int more = static_cast<int>(below(static_cast<std::uint32_t>(to_ms - from_ms)));
    std::this_thread::sleep_for(std::chrono::milliseconds(from_ms + more));
}

std::uint32_t Faults::below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(random_() % limit);
}

}  // namespace ezapi::tests
