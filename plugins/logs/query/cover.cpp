#include "query/cover.hpp"

#include <algorithm>

namespace ezapi::logs {
namespace {

/// Disjoint spans, ascending.
class Covered {
public:
    explicit Covered(const TimeSpan& whole) : whole_(whole) {}

    /// The spans that lie in the range and do not overlap with those taken before.
    std::vector<Timestamp> take(const std::vector<Timestamp>& all, std::chrono::hours length) {
        std::vector<Timestamp> out;
        std::vector<TimeSpan> spans;
        for (const Timestamp starts : all) {
            const TimeSpan span{starts, starts + length};
            if (span.from < whole_.from || span.to > whole_.to || holds(starts)) continue;
            out.push_back(starts);
            spans.push_back(span);
        }
        const auto middle = static_cast<std::ptrdiff_t>(spans_.size());
        spans_.insert(spans_.end(), spans.begin(), spans.end());
        std::inplace_merge(spans_.begin(), spans_.begin() + middle, spans_.end(), earlier);
        return out;
    }

    [[nodiscard]] std::vector<TimeSpan> rest() const {
        std::vector<TimeSpan> out;
        Timestamp reached = whole_.from;
        for (const TimeSpan& span : spans_) {
            if (span.from > reached) out.push_back({reached, span.from});
            reached = span.to;
        }
        if (reached < whole_.to) out.push_back({reached, whole_.to});
        return out;
    }

private:
    static bool earlier(const TimeSpan& a, const TimeSpan& b) { return a.from < b.from; }

    [[nodiscard]] bool holds(Timestamp time) const {
        const auto after =
            std::upper_bound(spans_.begin(), spans_.end(), TimeSpan{time, time}, earlier);
        return after != spans_.begin() && std::prev(after)->to > time;
    }

    TimeSpan whole_;
    std::vector<TimeSpan> spans_;
};

}  // namespace

Timestamp hour_of(Timestamp time) {
    return std::chrono::floor<std::chrono::hours>(time);
}

Timestamp hour_after(Timestamp time) {
    return std::chrono::ceil<std::chrono::hours>(time);
}

TimeSpan whole_hours(const TimeSpan& range) {
    return {hour_after(range.from), hour_of(range.to)};
}

std::vector<TimeSpan> edges(const TimeSpan& range) {
    if (range.empty()) return {};
    const TimeSpan whole = whole_hours(range);
    if (whole.from > whole.to) return {range};  // within one hour
    std::vector<TimeSpan> out;
    for (const TimeSpan& edge : {TimeSpan{range.from, whole.from}, TimeSpan{whole.to, range.to}}) {
        if (!edge.empty()) out.push_back(edge);
    }
    return out;
}

Cover cover(const TimeSpan& whole, const SummedUp& there) {
    using std::chrono::hours;
    Covered covered(whole);
    Cover out;
    out.weeks = covered.take(there.weeks, hours(7 * 24));
    out.days = covered.take(there.days, hours(24));
    out.hours = covered.take(there.hours, hours(1));
    out.loose = covered.rest();
    return out;
}

}  // namespace ezapi::logs
