// A closed-loop HTTP load generator: each connection sends its next request when the previous
// answer has arrived. A single thread with epoll, so that most of the CPU is left to the servers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ezapi::bench {

/// The target of the requests.
struct Target {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::string bearer;
};

/// Parses "http://host:port"; throws std::invalid_argument for any other form.
[[nodiscard]] Target target_of(const std::string& url, std::string bearer);

struct LoadOptions {
    std::string method = "POST";
    std::string path;
    size_t connections = 1;
    size_t requests = 1;  // total number
    /// The body of request `n`, 0 to requests - 1; called once each, in order.
    std::function<std::string(size_t n)> body = {};
    std::map<std::string, std::string> headers = {};
};

struct LoadResult {
    double seconds = 0;
    size_t refused = 0;  // 429 or 503: repeated after kBackOff, for all targets alike
    std::map<int, size_t> statuses;
    std::vector<double> latencies_ms;  // of the final answers

    [[nodiscard]] double per_second(size_t of) const { return static_cast<double>(of) / seconds; }
};

inline constexpr std::int64_t kBackOffMs = 5;

/// Sends all requests; throws std::runtime_error when a connection fails or an answer is neither
/// 2xx nor a temporary refusal.
[[nodiscard]] LoadResult run_load(const Target& target, const LoadOptions& options);

}  // namespace ezapi::bench
