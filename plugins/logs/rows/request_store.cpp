#include "rows/request_store.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "ezapi/base/hex.hpp"
#include "ezapi/base/pg_array.hpp"
#include "rollup/histogram.hpp"
#include "rows/partition_bounds.hpp"
#include "rows/pg_binary.hpp"
#include "rows/same_record.hpp"
#include "rows/text_columns.hpp"

namespace ezapi::logs {
namespace {

constexpr std::int64_t kWindowUs = 25 * kHourUs;
constexpr int kSwarm = 8;  // groups
constexpr std::string_view kUniqueViolation = "23505";
constexpr std::string_view kDeadlock = "40P01";  // two writers with the same ids
constexpr int kTries = 4;
constexpr size_t kFewRows = 64;

constexpr const char* kAddFew =
    "SELECT request_logs_store($1::timestamptz[], $2::bigint[], $3::bigint[], $4::bigint[],"
    " $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::integer[],"
    " $11::integer[], $12::smallint[], $13::boolean[], $14::text[], $15::text[], $16::text[],"
    " $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::bytea[], $23::bigint)";

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
        append_pg_element(out, format_time(Timestamp(std::chrono::microseconds(time))));
    return out + "}";
}

std::int64_t bound(const Rows& rows, size_t row, size_t column, std::int64_t none) {
    return rows.is_null(row, column) ? none : rows.integer(row, column);
}

/// The latencies of the new rows, as a PostgreSQL array of encoded histograms.
std::string histograms_of(std::span<const RowRef> rows) {
    std::string out;
    LatencyHistogram histogram;
    for (const RowRef& ref : rows) {
        if (!ref.is_new()) continue;
        histogram.clear();
        histogram.add(ref.row->latency_ms);
        append_pg_element(out, "\\x" + to_hex(histogram.encode()));
    }
    return out.empty() ? "{}" : out + "}";
}

/// The identity of a record.
struct Identity {
    std::int64_t master_id = 0;
    std::string_view request_id;

    bool operator==(const Identity&) const = default;
};

struct IdentityHash {
    size_t operator()(const Identity& identity) const {
        return identity_hash(identity.master_id, identity.request_id);
    }
};

Identity identity_of(const RowRef& ref) {
    return {ref.row->master_id, ref.request_id()};
}

/// Compares rows with stored rows of the same master and id: duplicate or reused id.
void compare(std::span<RowRef> rows, const Rows& found) {
    std::unordered_multimap<Identity, size_t, IdentityHash> known;
    for (size_t i = 0; i < found.size(); ++i)
        known.emplace(Identity{found.integer(i, 1), found.text(i, 0)}, i);
    for (RowRef& ref : rows) {
        const auto [first, last] = known.equal_range(identity_of(ref));
        for (auto at = first; at != last; ++at) {
            const char* difference = difference_to_stored(ref, found, at->second);
            if (at != first && difference != nullptr) continue;
            ref.fate = difference == nullptr ? RowRef::Fate::duplicate : RowRef::Fate::reused;
            ref.differs_in = difference;
        }
    }
}

bool near_a_bound(std::span<const RowRef> rows, const PartitionMap& partitions) {
    return std::any_of(rows.begin(), rows.end(), [&partitions](const RowRef& ref) {
        return partitions.spans_several(ref.row->created_us, kWindowUs);
    });
}

}  // namespace

void RequestStore::write(std::span<RowRef> rows) {
    if (rows.empty()) return;
    bool ahead = false;
    {
        const std::lock_guard lock(mutex_);
        ahead = looks_ahead_ > 0;
        if (ahead) --looks_ahead_;
    }
    LookUp look_up = ahead ? LookUp::all : LookUp::suspects;
    for (int tries = 1;; ++tries) {
        try {
            mark_twins(rows);
            // Repeated when the partitions have changed.
            while (!attempt(rows, look_up)) mark_twins(rows);
            break;
        } catch (const Error& error) {
            const bool known = error.sqlstate() == kUniqueViolation;
            if (tries == kTries || (!known && error.sqlstate() != kDeadlock)) throw;
            // The rows found by the first attempt are marked, so the violation may come from an old
            // index.
            if (known && tries > 1) (void)own_ids();
            look_up = LookUp::all;
            const std::lock_guard lock(mutex_);
            looks_ahead_ = kSwarm;
        }
    }
    const std::lock_guard lock(mutex_);
    for (const RowRef& ref : rows) recent_.add(ref.row->id_hash);
}

/// Marks rows whose identity occurs more than once in the group.
void RequestStore::mark_twins(std::span<RowRef> rows) {
    std::unordered_map<Identity, const RowRef*, IdentityHash> seen;
    seen.reserve(rows.size());
    for (RowRef& ref : rows) {
        const auto [entry, first] = seen.emplace(identity_of(ref), &ref);
        ref.differs_in = first ? nullptr : difference(*entry->second, ref);
        ref.fate = first                       ? RowRef::Fate::stored
                   : ref.differs_in == nullptr ? RowRef::Fate::duplicate
                                               : RowRef::Fate::reused;
    }
}

void RequestStore::Asked::add(const RowRef& ref) {
    append_pg_element(ids, ref.request_id());
    first_us = std::min(first_us, ref.row->created_us);
    last_us = std::max(last_us, ref.row->created_us);
}

/// False when nothing was done because the partitions have changed.
bool RequestStore::attempt(std::span<RowRef> rows, LookUp look_up) {
    const std::shared_ptr<const Layout> known = layout();
    const bool alone = near_a_bound(rows, known->partitions);
    if (!alone && rows.size() <= kFewRows && !known->signature.empty())
        return add_few(rows, *known);
    Tx tx = db_.begin();
    const Rows entered = tx.query("SELECT request_logs_enter($1::timestamptz[], $2)",
                                  {Param::owning(array_of(hours_of(rows))), alone});
    if (entered.text(0, 0) != known->signature) {
        know_partitions(tx, entered.text(0, 0));
        return false;
    }
    mark_known(tx, rows, look_up, known->partitions);
    if (std::any_of(rows.begin(), rows.end(), [](const RowRef& ref) { return ref.is_new(); })) {
        tx.copy_in(kCopyRows, copy_of(rows));
        tx.copy_in(kCopyHours, deltas_of(rows));
    }
    tx.commit();
    return true;
}

bool RequestStore::add_few(std::span<RowRef> rows, const Layout& known) {
    const std::array<std::string, kRowColumns> columns = text_columns(rows);
    std::vector<Param> params(columns.begin(), columns.end());
    params.push_back(Param::owning(histograms_of(rows)));
    params.emplace_back(known.signature);
    const Rows found = db_.query(kAddFew, std::span<const Param>(params));
    if (found.size() == 1 && found.is_null(0, 0)) {
        const std::lock_guard lock(mutex_);
        layout_ = std::make_shared<Layout>();  // unknown; the next attempt reads it
        return false;
    }
    if (found.empty()) return true;
    std::vector<RowRef*> sent;  // in the order of the array elements
    for (RowRef& ref : rows) {
        if (ref.is_new()) sent.push_back(&ref);
    }
    std::unordered_set<Identity, IdentityHash> known_already;
    Asked asked;
    for (size_t i = 0; i < found.size(); ++i) {
        const RowRef& kept_out = *sent.at(static_cast<size_t>(found.integer(i, 0)) - 1);
        known_already.insert(identity_of(kept_out));
        asked.add(kept_out);
    }
    // Includes the duplicates within the group: they are compared with the stored record as well.
    std::vector<RowRef*> places;
    std::vector<RowRef> judged;
    for (RowRef& ref : rows) {
        if (!known_already.contains(identity_of(ref))) continue;
        places.push_back(&ref);
        judged.push_back(ref);
    }
    mark_stored(db_, judged, std::move(asked), known.partitions);
    const bool all_found =
        std::none_of(judged.begin(), judged.end(), [](const RowRef& ref) { return ref.is_new(); });
    if (!all_found && own_ids()) return false;
    for (size_t i = 0; i < judged.size(); ++i) {
        // Deleted by retention before it could be compared, but it had been stored.
        if (judged[i].is_new()) judged[i].fate = RowRef::Fate::duplicate;
        *places[i] = judged[i];
    }
    return true;
}

/// Replaces indexes that do not allow two masters to use the same request id, as created by an
/// earlier version. True when there were any.
bool RequestStore::own_ids() const {
    return db_.query("SELECT request_logs_own_ids()").integer(0, 0) > 0;
}

std::shared_ptr<const RequestStore::Layout> RequestStore::layout() const {
    const std::lock_guard lock(mutex_);
    return layout_;
}

void RequestStore::know_partitions(Tx& tx, std::string_view signature) {
    const Rows rows =
        tx.query("SELECT " + microseconds_of("starts") + ", " + microseconds_of("ends") +
                 " FROM request_log_partitions WHERE NOT is_default");
    std::vector<PartitionMap::Range> ranges;
    for (size_t i = 0; i < rows.size(); ++i)
        ranges.push_back(
            {bound(rows, i, 0, -PartitionMap::kAlways), bound(rows, i, 1, PartitionMap::kAlways)});
    auto fresh = std::make_shared<Layout>();
    fresh->partitions = PartitionMap(std::move(ranges));
    fresh->signature = signature;
    const std::lock_guard lock(mutex_);
    layout_ = std::move(fresh);
}

/// Which of the rows may be stored already.
std::vector<bool> RequestStore::suspects(std::span<const RowRef> rows,
                                         const PartitionMap& partitions) const {
    std::vector<bool> out(rows.size());
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < rows.size(); ++i) {
        const RowBlock::Row& row = *rows[i].row;
        out[i] =
            recent_.contains(row.id_hash) || partitions.spans_several(row.created_us, kWindowUs);
    }
    return out;
}

/// Marks the rows that are stored already, checking all rows or only the suspects.
void RequestStore::mark_known(Tx& tx,
                              std::span<RowRef> rows,
                              LookUp look_up,
                              const PartitionMap& partitions) {
    const std::vector<bool> asked =
        look_up == LookUp::all ? std::vector<bool>(rows.size(), true) : suspects(rows, partitions);
    Asked of;
    for (size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].is_new() && asked[i]) of.add(rows[i]);
    }
    mark_stored(tx, rows, std::move(of), partitions);
}

/// Marks the rows that are stored already; `source` is a Tx or a Db.
template <class Source>
void RequestStore::mark_stored(Source& source,
                               std::span<RowRef> rows,
                               Asked asked,
                               const PartitionMap& partitions) {
    if (asked.ids.empty()) return;
    const PartitionMap::Range times =
        partitions.around(asked.first_us - kWindowUs, asked.last_us + kWindowUs);
    const Rows found =
        source.query("SELECT " + std::string(kComparedColumns) +
                         " FROM request_logs WHERE request_id = ANY ($1::text[])"
                         " AND created_at >= $2::timestamptz AND created_at <= $3::timestamptz",
                     {asked.ids + "}", time_param(times.from), time_param(times.to)});
    compare(rows, found);
}

}  // namespace ezapi::logs
