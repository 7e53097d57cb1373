#include "rows/request_store.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "rows/pg_binary.hpp"

namespace ezapi::logs {
namespace {

constexpr std::int64_t kWindowUs = 25 * kHourUs;
constexpr int kSwarm = 8;  // groups
constexpr std::string_view kUniqueViolation = "23505";

/// An element of a text array.
void append_element(std::string& out, std::string_view text) {
    out += out.empty() ? "{\"" : ",\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    out.push_back('"');
}

Param time_param(std::int64_t unix_us) {
    if (unix_us == PartitionMap::kAlways) return "infinity";
    if (unix_us == -PartitionMap::kAlways) return "-infinity";
    return Timestamp(std::chrono::microseconds(unix_us));
}

std::string copy_of(std::span<const RowRef> rows) {
    std::string out;
    size_t size = 64;
    for (const RowRef& ref : rows) size += ref.row->size;
    out.reserve(size);
    out += pg_binary::kHeader;
    for (const RowRef& ref : rows) {
        if (ref.is_new()) out += ref.block->bytes(*ref.row);
    }
    out += pg_binary::kTrailer;
    return out;
}

std::string array_of(const std::vector<std::int64_t>& times) {
    std::string out;
    for (const std::int64_t time : times)
        append_element(out, format_time(Timestamp(std::chrono::microseconds(time))));
    return out + "}";
}

/// An end of a partition as the view tells it.
std::int64_t bound(const Rows& rows, size_t row, size_t column) {
    if (rows.text(row, column) == "infinity") return PartitionMap::kAlways;
    if (rows.text(row, column) == "-infinity") return -PartitionMap::kAlways;
    return rows.time(row, column).value().time_since_epoch().count();
}

}  // namespace

void RequestStore::write(std::span<RowRef> rows) {
    if (rows.empty()) return;
    mark_twins(rows);
    try {
        attempt(rows, looks_ahead_ > 0 ? LookUp::all : LookUp::suspects);
        if (looks_ahead_ > 0) --looks_ahead_;
    } catch (const Error& error) {
        if (error.sqlstate() != kUniqueViolation) throw;
        looks_ahead_ = kSwarm;
        attempt(rows, LookUp::all);
    }
    for (const RowRef& ref : rows) recent_.add(ref.row->id_hash);
}

/// Ids that stand twice in the group.
void RequestStore::mark_twins(std::span<RowRef> rows) {
    std::unordered_set<std::string_view> seen;
    seen.reserve(rows.size());
    for (RowRef& ref : rows) {
        const bool first = seen.insert(ref.request_id()).second;
        ref.fate = first ? RowRef::Fate::stored : RowRef::Fate::duplicate;
    }
}

void RequestStore::attempt(std::span<RowRef> rows, LookUp look_up) {
    Tx tx = db_.begin();
    const Rows entered = tx.query("SELECT request_logs_enter($1::timestamptz[])",
                                  {Param::owning(array_of(hours_of(rows)))});
    know_partitions(tx, entered.text(0, 0));
    mark_known(tx, rows, look_up);
    if (std::any_of(rows.begin(), rows.end(), [](const RowRef& ref) { return ref.is_new(); })) {
        tx.copy_in(kCopyRows, copy_of(rows));
        tx.copy_in(kCopyHours, deltas_of(rows));
    }
    tx.commit();
}

void RequestStore::know_partitions(Tx& tx, std::string_view signature) {
    if (signature == signature_) return;
    const Rows rows =
        tx.query("SELECT starts, ends FROM request_log_partitions WHERE NOT is_default");
    std::vector<PartitionMap::Range> ranges;
    for (size_t i = 0; i < rows.size(); ++i)
        ranges.push_back({bound(rows, i, 0), bound(rows, i, 1)});
    partitions_ = PartitionMap(std::move(ranges));
    signature_ = signature;
}

/// Marks the rows that are stored already: of all, or of those that may be.
void RequestStore::mark_known(Tx& tx, std::span<RowRef> rows, LookUp look_up) {
    std::string ids;
    std::int64_t first = PartitionMap::kAlways;
    std::int64_t last = -PartitionMap::kAlways;
    for (const RowRef& ref : rows) {
        if (!ref.is_new() || (look_up == LookUp::suspects && !suspected(ref))) continue;
        append_element(ids, ref.request_id());
        first = std::min(first, ref.row->created_us);
        last = std::max(last, ref.row->created_us);
    }
    if (ids.empty()) return;
    ids += "}";
    const PartitionMap::Range times = partitions_.around(first - kWindowUs, last + kWindowUs);
    const Rows found = tx.query(
        "SELECT request_id FROM request_logs WHERE request_id = ANY ($1::text[])"
        " AND created_at >= $2::timestamptz AND created_at <= $3::timestamptz",
        {ids, time_param(times.from), time_param(times.to)});
    std::unordered_set<std::string_view> known;
    for (size_t i = 0; i < found.size(); ++i) known.insert(found.text(i, 0));
    for (RowRef& ref : rows) {
        if (known.contains(ref.request_id())) ref.fate = RowRef::Fate::duplicate;
    }
}

bool RequestStore::suspected(const RowRef& ref) const {
    return recent_.contains(ref.row->id_hash) ||
           partitions_.spans_several(ref.row->created_us, kWindowUs);
}

}  // namespace ezapi::logs
