#include "host/telemetry/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>

#include "host/telemetry/metrics.hpp"

namespace ezapi::host::telemetry {
namespace {

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

/// Second number of /proc/self/statm, in pages.
double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double total = 0;
    double resident = 0;
    file >> total >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
    std::error_code error;
    double count = 0;
    for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
         !error && entry != end;
         entry.increment(error)) {
        ++count;
    }
    return count > 0 ? count - 1 : 0;  // one of them is this directory
}

}  // namespace

void add_process_metrics(Metrics& metrics) {
    Metric& cpu = metrics.counter("process_cpu_seconds_total", "Processor time, user and system.");
    Metric& memory = metrics.gauge("process_resident_memory_bytes", "Resident memory.");
    Metric& descriptors = metrics.gauge("process_open_fds", "Open file descriptors.");
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    metrics.gauge("process_start_time_seconds", "Start of the process, in seconds since the epoch.")
        .record(std::chrono::duration<double>(now).count());

    struct Counted {
        std::mutex mutex;
        double cpu = 0;
    };

    metrics.before_expose([&cpu, &memory, &descriptors, counted = std::make_shared<Counted>()] {
        const std::scoped_lock lock(counted->mutex);
        const double used = cpu_seconds();
        cpu.add(used - counted->cpu);
        counted->cpu = used;
        memory.record(resident_bytes());
        descriptors.record(open_descriptors());
    });
}

}  // namespace ezapi::host::telemetry
