#include "rollup/histogram.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "ezapi/error.hpp"

namespace ezapi::logs {
namespace {

constexpr unsigned kPerOctave = 8;
constexpr std::int64_t kLongest = 3'600'000;          // one hour
constexpr size_t kMostBuckets = kPerOctave * 22 + 2;  // one hour is in the 22nd octave

/// The smallest whole millisecond of each bucket, ascending; each bucket ends where the next
/// begins. Buckets without a whole millisecond are omitted.
std::vector<std::int64_t> make_bounds() {
    std::vector<std::int64_t> bounds = {0};
    for (unsigned step = 0;; ++step) {
        const auto bound = static_cast<std::int64_t>(
            std::ceil(std::exp2(static_cast<double>(step) / kPerOctave) - 1e-9));
        if (bound > kLongest) break;
        if (bound > bounds.back()) bounds.push_back(bound);
    }
    bounds.push_back(kLongest);
    return bounds;
}

const std::vector<std::int64_t>& bounds() {
    static const std::vector<std::int64_t> kBounds = make_bounds();
    return kBounds;
}

/// For each bit length, the bucket where the search begins.
std::array<unsigned, 24> make_starts() {
    std::array<unsigned, 24> starts{};
    for (unsigned bits = 1; bits < starts.size(); ++bits) {
        const std::int64_t smallest = std::int64_t{1} << (bits - 1);
        const auto after = std::upper_bound(bounds().begin(), bounds().end(), smallest);
        starts[bits] = static_cast<unsigned>(after - bounds().begin()) - 1;
    }
    return starts;
}

double middle(unsigned bucket) {
    const auto first = static_cast<double>(bounds()[bucket]);
    if (bucket + 1 == bounds().size()) return first;
    const auto last = static_cast<double>(bounds()[bucket + 1] - 1);
    return first == last ? first : std::sqrt(first * last);
}

void append_number(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
    out.push_back(static_cast<char>(value));
}

/// Decodes consecutive LEB128 numbers.
class NumberReader {
public:
    explicit NumberReader(std::string_view bytes)
        : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    [[nodiscard]] bool at_end() const { return at_ == end_; }

    /// False at the end, or when the number exceeds 64 bits.
    bool take(std::uint64_t& value) {
        value = 0;
        for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
            const auto byte = static_cast<unsigned char>(*at_++);
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if (byte < 0x80U) return true;
        }
        return false;
    }

private:
    const char* at_;
    const char* end_;
};

/// Calls `each(bucket, count)`; false when the bytes are not valid histograms.
template <class Each>
bool decode(std::string_view encoded, Each&& each) {
    const std::uint64_t buckets = bounds().size();  // at most kMostBuckets
    NumberReader numbers(encoded);
    std::uint64_t bucket = 0;
    while (!numbers.at_end()) {
        std::uint64_t number = 0;
        std::uint64_t empty = 0;
        if (!numbers.take(number)) return false;
        if (number == 0) {  // separator of histograms
            bucket = 0;
            continue;
        }
        if (number % 2 != 0 && !numbers.take(empty)) return false;
        if (number == 1 || empty >= buckets - bucket) return false;
        bucket += empty;
        each(static_cast<size_t>(bucket++), number / 2);
    }
    return true;
}

}  // namespace

unsigned latency_bucket(std::int64_t latency_ms) {
    static const std::array<unsigned, 24> kStarts = make_starts();
    const std::int64_t bounded = std::clamp<std::int64_t>(latency_ms, 0, kLongest);
    unsigned bits = 0;
    for (auto rest = static_cast<std::uint64_t>(bounded); rest != 0; rest >>= 1U) ++bits;
    unsigned bucket = kStarts[bits];
    while (bucket + 1 < bounds().size() && bounds()[bucket + 1] <= bounded) ++bucket;
    return bucket;
}

void LatencyHistogram::add(std::int64_t latency_ms, std::uint64_t count) {
    const unsigned bucket = latency_bucket(latency_ms);
    if (counts_.size() <= bucket) counts_.resize(bucket + 1);
    counts_[bucket] += count;
    count_ += count;
}

void LatencyHistogram::merge(std::string_view encoded) {
    std::array<std::uint64_t, kMostBuckets> sums{};
    std::uint64_t total = 0;
    size_t reached = 0;
    const bool sound = decode(encoded, [&](size_t bucket, std::uint64_t count) {
        sums[bucket] += count;
        total += count;
        reached = std::max(reached, bucket + 1);
    });
    if (!sound) throw Error(EZ_INTERNAL, "latency histogram: the bytes are none");
    if (counts_.size() < reached) counts_.resize(reached);
    for (size_t i = 0; i < reached; ++i) counts_[i] += sums[i];
    count_ += total;
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
    if (counts_.size() < other.counts_.size()) counts_.resize(other.counts_.size());
    for (size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
}

std::string LatencyHistogram::encode() const {
    std::string out;
    std::uint64_t empty = 0;
    for (const std::uint64_t count : counts_) {
        if (count == 0) {
            ++empty;
            continue;
        }
        append_number(out, 2 * count + (empty == 0 ? 0 : 1));
        if (empty != 0) append_number(out, empty);
        empty = 0;
    }
    return out;
}

double LatencyHistogram::quantile(double q) const {
    if (count_ == 0) return 0;
    const double share = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(share));
    std::uint64_t seen = 0;
    for (unsigned bucket = 0; bucket < counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (seen >= rank) return middle(bucket);
    }
    return middle(static_cast<unsigned>(bounds().size()) - 1);
}

void LatencyHistogram::clear() {
    counts_.clear();
    count_ = 0;
}

}  // namespace ezapi::logs
