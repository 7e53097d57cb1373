#include "host/redis/address.hpp"

#include <netdb.h>
#include <sys/un.h>

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "ezapi/error.hpp"

namespace ezapi::host::redis {
namespace {

struct Answer {
    std::vector<Address> addresses;
    std::string fault;
};

Answer look_up(const std::string& host, uint16_t port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* list = nullptr;
    const int code = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
    if (code != 0) return {{}, gai_strerror(code)};
    Answer answer;
    for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
        Address address;
        address.length = each->ai_addrlen;
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        answer.addresses.push_back(address);
    }
    freeaddrinfo(list);
    return answer;
}

Address socket_path(const std::string& path) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (path.size() >= sizeof name.sun_path) {
        throw Error(EZ_INVALID, "socket path " + path + ": too long");
    }
    path.copy(name.sun_path, path.size());
    Address address;
    address.length = sizeof name;
    std::memcpy(&address.storage, &name, sizeof name);
    return address;
}

}  // namespace

struct Resolver::Lookup {
    std::mutex mutex;
    std::condition_variable done;
    bool running = false;
    uint64_t round = 0;  // lookups that have ended
    Answer answer;
};

Resolver::Resolver(std::string host, uint16_t port)
    : host_(std::move(host)), port_(port), lookup_(std::make_shared<Lookup>()) {}

std::vector<Address> Resolver::resolve(std::chrono::steady_clock::time_point deadline) {
    if (host_.starts_with('/')) return {socket_path(host_)};
    if (Answer number = look_up(host_, port_, AI_NUMERICHOST); !number.addresses.empty()) {
        return number.addresses;
    }
    std::unique_lock lock(lookup_->mutex);
    if (!lookup_->running) {
        std::thread([lookup = lookup_, host = host_, port = port_] {
            Answer answer;
            if (guard(nullptr, [&] { answer = look_up(host, port, 0); }) != EZ_OK)
                answer = {{}, "out of memory"};
            const std::lock_guard guard(lookup->mutex);
            lookup->answer = std::move(answer);
            lookup->running = false;
            ++lookup->round;
            lookup->done.notify_all();
        }).detach();
        lookup_->running = true;  // the thread waits for the lock before it ends
    }
    const uint64_t before = lookup_->round;
    if (!lookup_->done.wait_until(lock, deadline, [&] { return lookup_->round != before; })) {
        throw Error(EZ_UNAVAILABLE, "the name of the host could not be resolved in time");
    }
    if (!lookup_->answer.fault.empty()) {
        throw Error(EZ_UNAVAILABLE,
                    "the name of the host cannot be resolved: " + lookup_->answer.fault);
    }
    return lookup_->answer.addresses;
}

}  // namespace ezapi::host::redis
