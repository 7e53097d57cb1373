// Latency histogram that can be merged, so that quantiles of any union can be computed: counts in
// buckets whose bounds grow by a factor of 2^(1/8). A quantile is the middle of its bucket, which
// limits its error to 4.5 %; latencies below 9 ms are exact. Latencies above one hour share one
// bucket.
//
// The encoded form is stored in `latency` of the rollup tables. For each bucket that is not empty
// it contains twice the count as LEB128, plus one when empty buckets precede it; the number of
// these then follows. Full histograms take little more than one byte per bucket. An empty histogram
// encodes to nothing. A zero byte, which cannot begin a bucket, may separate several encoded
// histograms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi::logs {

class LatencyHistogram {
public:
    void add(std::int64_t latency_ms, std::uint64_t count = 1);

    /// Adds one or several encoded histograms. Throws ezapi::Error when the bytes are invalid;
    /// nothing is added then.
    void merge(std::string_view encoded);
    void merge(const LatencyHistogram& other);

    [[nodiscard]] std::string encode() const;

    [[nodiscard]] std::uint64_t count() const { return count_; }

    /// The latency in milliseconds below which the fraction `q` of all requests lies, by nearest
    /// rank; 0 when there are no requests.
    [[nodiscard]] double quantile(double q) const;

    void clear();

    friend bool operator==(const LatencyHistogram&, const LatencyHistogram&) = default;

private:
    std::vector<std::uint64_t> counts_;  // up to the last bucket that is not empty
    std::uint64_t count_ = 0;
};

/// The bucket of a latency, for code that keeps its own counts.
[[nodiscard]] unsigned latency_bucket(std::int64_t latency_ms);

}  // namespace ezapi::logs
