#include "host/http/memory/out_of_memory.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>

namespace ezapi::host::http {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr size_t kReserve = size_t{8} * 1024 * 1024;  // address space; it is never touched
constexpr size_t kSmall = size_t{256} * 1024;
constexpr timespec kPause{0, 1'000'000};
constexpr Clock::duration kLongestWait = 2s;
// Failures of one thread that are further apart belong to different allocations.
constexpr Clock::duration kApart = 10ms;

std::atomic<void*> reserve = nullptr;
std::atomic<bool> used = false;

thread_local int callbacks = 0;

/// The failures of this thread since `first`, each less than kApart after the one before.
struct Failures {
    Clock::time_point first;
    Clock::time_point last;
    bool retried = false;
};

thread_local Failures failures;

bool release_reserve() noexcept {
    void* const held = reserve.exchange(nullptr);
    if (held == nullptr) return false;
    used = true;
    ::munmap(held, kReserve);
    return true;
}

bool is_pistaches_thread() noexcept {
    char name[16] = {};
    ::prctl(PR_GET_NAME, name);
    return std::strcmp(name, kNetworkThread) == 0 || std::strcmp(name, kAcceptThread) == 0;
}

bool has_small() noexcept {
    void* const probe = std::malloc(kSmall);
    // Volatile: otherwise the compiler may remove the pair of malloc and free.
    void* volatile seen = probe;
    std::free(probe);
    return seen != nullptr;
}

/// Called by operator new when there is no memory; after its return operator new tries again.
void on_failed_allocation() {
    if (callbacks == 0 && is_pistaches_thread()) {
        if (!release_reserve()) ::nanosleep(&kPause, nullptr);
        return;
    }
    const auto now = Clock::now();
    if (now - failures.last > kApart) failures = {now, now, false};
    failures.last = now;
    if (has_small()) {
        // Either the allocation was a large one, or memory has just become free: a second attempt
        // tells which.
        failures.retried = !failures.retried;
        if (!failures.retried) throw std::bad_alloc();
        return;
    }
    failures.retried = false;
    if (release_reserve()) return;
    if (now - failures.first > kLongestWait) throw std::bad_alloc();
    ::nanosleep(&kPause, nullptr);
}

}  // namespace

void install_out_of_memory_rule() noexcept {
    std::set_new_handler(on_failed_allocation);
    restore_reserve();
}

bool restore_reserve() noexcept {
    if (reserve.load() != nullptr) return false;
    void* const space =
        ::mmap(nullptr, kReserve, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (space == MAP_FAILED) return false;
    void* none = nullptr;
    if (!reserve.compare_exchange_strong(none, space)) {
        ::munmap(space, kReserve);
        return false;
    }
    return used.exchange(false);
}

InCallback::InCallback() noexcept {
    ++callbacks;
}

InCallback::~InCallback() {
    --callbacks;
}

ThreadNamed::ThreadNamed(const char* name) noexcept {
    ::prctl(PR_GET_NAME, before_);
    ::prctl(PR_SET_NAME, name);
}

ThreadNamed::~ThreadNamed() {
    ::prctl(PR_SET_NAME, before_);
}

}  // namespace ezapi::host::http
