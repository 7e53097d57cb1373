#include "host/http/memory/heap.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace ezapi::host::http {

namespace {

constexpr int64_t kMebibyte = 1024 * 1024;
constexpr int64_t kGrowth = 32 * kMebibyte;
constexpr int64_t kWorthwhile = 4 * kMebibyte;
constexpr std::chrono::seconds kShortestPause{5};
constexpr std::chrono::seconds kLongestPause{60};

/// The second number of /proc/self/statm, in pages.
int64_t resident_bytes() {
    std::FILE* file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr) return 0;
    long long size = 0;
    long long resident = 0;
    const int read = std::fscanf(file, "%lld %lld", &size, &resident);
    std::fclose(file);
    return read == 2 ? resident * ::sysconf(_SC_PAGESIZE) : 0;
}

}  // namespace

Heap::System Heap::real() {
    return {resident_bytes, [] { ::malloc_trim(0); }};
}

void Heap::tick(Clock::time_point now) {
    if (now < next_) return;
    const int64_t before = system_.resident_bytes();
    if (before == 0) return;
    smallest_ = std::min(smallest_, before);
    next_ = now + kShortestPause;
    if (before - smallest_ <= kGrowth) {
        pause_ = kShortestPause;
        return;
    }
    system_.trim();
    const int64_t after = system_.resident_bytes();
    smallest_ = std::min(smallest_, after);
    const Clock::duration longer = std::min<Clock::duration>(pause_ * 2, kLongestPause);
    pause_ = before - after >= kWorthwhile ? Clock::duration(kShortestPause) : longer;
    next_ = now + pause_;
}

}  // namespace ezapi::host::http
