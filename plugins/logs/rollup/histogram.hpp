// How long requests took, kept so that quantiles of any union can be told: counts in buckets whose
// bounds grow by 2^(1/8). A quantile is the middle of its bucket, so it is wrong by less than
// 4.5 %; what is faster than 9 ms is exact. Beyond an hour there is one bucket for all.
//
// The encoded form goes into `latency` of the rollup tables. For each bucket that is not empty it
// holds twice the count as LEB128, plus one where empty buckets lie before it, whose number follows
// then: full histograms take little more than a byte a bucket. Nothing encodes to nothing, and a
// zero byte, which is no bucket, may stand between several.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi::logs {

class LatencyHistogram {
public:
    void add(std::int64_t latency_ms, std::uint64_t count = 1);

    /// Adds an encoded one, or several. Throws ezapi::Error when the bytes are none; nothing is
    /// added then.
    void merge(std::string_view encoded);
    void merge(const LatencyHistogram& other);

    [[nodiscard]] std::string encode() const;

    [[nodiscard]] std::uint64_t count() const { return count_; }

    /// The latency in milliseconds below which the share `q` of all requests lies, by nearest rank;
    /// 0 when there are none.
    [[nodiscard]] double quantile(double q) const;

    void clear();

    friend bool operator==(const LatencyHistogram&, const LatencyHistogram&) = default;

private:
    std::vector<std::uint64_t> counts_;  // up to the last bucket that is not empty
    std::uint64_t count_ = 0;
};

/// The bucket of a latency, for what keeps counts of its own.
[[nodiscard]] unsigned latency_bucket(std::int64_t latency_ms);

}  // namespace ezapi::logs
