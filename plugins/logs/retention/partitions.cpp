#include "retention/partitions.hpp"

#include <chrono>

#include "rows/partition_bounds.hpp"

namespace ezapi::logs {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLockLimit = 2s;
constexpr std::chrono::milliseconds kWorkLimit = 10min;
constexpr const char* kBecomeWriter = "SELECT pg_advisory_xact_lock(7310872414)";
constexpr const char* kDefault = "request_logs_default";
constexpr const char* kEnd = "request_logs_end";  // the CHECK constraint for a planned upper bound

std::optional<Timestamp> time_of(const Rows& rows, size_t row, size_t column) {
    if (rows.is_null(row, column)) return std::nullopt;
    return Timestamp(std::chrono::microseconds(rows.integer(row, column)));
}

std::string identifier(const std::string& name) {
    std::string out = "\"";
    for (const char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
}

std::string literal(Timestamp time) {
    return "'" + format_time(time) + "'";
}

std::string range(Timestamp from, Timestamp to) {
    return "FOR VALUES FROM (" + (from == Timestamp::min() ? "MINVALUE" : literal(from)) +
           ") TO (" + (to == Timestamp::max() ? "MAXVALUE" : literal(to)) + ")";
}

/// A condition for the times of a range.
std::string within(Timestamp from, Timestamp to) {
    std::string out = "created_at IS NOT NULL";
    if (from != Timestamp::min()) out += " AND created_at >= " + literal(from);
    if (to != Timestamp::max()) out += " AND created_at < " + literal(to);
    return out;
}

}  // namespace

std::vector<Partition> Partitions::read(Timestamp now) const {
    Tx tx = begin();
    const Rows rows = tx.query("SELECT name, is_default, " + microseconds_of("starts") + ", " +
                                   microseconds_of("ends") +
                                   ", EXISTS (SELECT FROM pg_constraint WHERE conname = $1"
                                   " AND conrelid = to_regclass(quote_ident(name)))"
                                   " FROM request_log_partitions",
                               {kEnd});
    std::vector<Partition> out;
    for (size_t i = 0; i < rows.size(); ++i) {
        Partition partition{.name = std::string(rows.text(i, 0))};
        partition.is_default = rows.boolean(i, 1);
        const std::string table = identifier(partition.name);
        if (partition.is_default) {
            partition.first = time_of(
                tx.query("SELECT " + microseconds_of("min(created_at)") + " FROM " + table), 0, 0);
        } else {
            partition.from = time_of(rows, i, 2).value_or(Timestamp::min());
            partition.to = time_of(rows, i, 3).value_or(Timestamp::max());
            partition.ending = rows.boolean(i, 4);
            if (partition.from > now)
                partition.empty =
                    !tx.query("SELECT EXISTS (SELECT FROM " + table + ")").boolean(0, 0);
        }
        out.push_back(std::move(partition));
    }
    return out;
}

Tx Partitions::begin() const {
    return db_.begin({.statement_timeout = kWorkLimit, .lock_timeout = kLockLimit});
}

void Partitions::apply(const PartitionStep& step) const {
    std::visit([this](const auto& known) { carry_out(known); }, step);
}

void Partitions::own_ids() const {
    Tx tx = begin();
    tx.query("SELECT request_logs_own_ids()");
    tx.commit();
}

void Partitions::drop(const std::string& name) const {
    Tx tx = begin();
    tx.query("DROP TABLE " + identifier(name));
    tx.commit();
}

std::int64_t Partitions::rows_in_default() const {
    Tx tx = begin();
    if (!has_default(tx)) return 0;
    return tx.query("SELECT count(*) FROM request_logs_default").integer(0, 0);
}

void Partitions::carry_out(const DropPartition& step) const {
    Tx tx = begin();
    const std::string table = identifier(step.name);
    tx.query("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
    if (tx.query("SELECT EXISTS (SELECT FROM " + table + ")").boolean(0, 0)) return;
    tx.query("DROP TABLE " + table);
    tx.commit();
}

void Partitions::carry_out(const ReleasePartition& step) const {
    Tx tx = begin();
    tx.query("ALTER TABLE " + identifier(step.name) +
             " DROP CONSTRAINT IF EXISTS request_logs_end");
    tx.commit();
}

/// A CHECK constraint is validated beforehand, while rows are inserted, so that attaching the
/// partition with its new bounds takes an instant for any number of rows. If rows beyond the bound
/// exist, the constraint is checked during the exchange instead, which moves those rows to the
/// default partition.
void Partitions::carry_out(const BoundPartition& step) const {
    const std::string table = identifier(step.name);
    const std::string behind = " WHERE created_at >= " + literal(step.to);
    bool moving = false;
    if (!is_checked(step)) {
        Tx tx = begin();
        tx.query("ALTER TABLE " + table + " DROP CONSTRAINT IF EXISTS request_logs_end");
        tx.query("ALTER TABLE " + table + " ADD CONSTRAINT request_logs_end CHECK (" +
                 within(step.from, step.to) + ") NOT VALID");
        tx.commit();
        Tx check = begin();
        moving = check.query("SELECT EXISTS (SELECT FROM " + table + behind + ")").boolean(0, 0);
        if (!moving) check.query("ALTER TABLE " + table + " VALIDATE CONSTRAINT request_logs_end");
        check.commit();
    }
    Tx tx = begin();
    tx.query(kBecomeWriter);
    tx.query("ALTER TABLE request_logs DETACH PARTITION " + table);
    if (!has_default(tx)) create_default(tx);
    if (moving)
        tx.query("WITH moved AS (DELETE FROM " + table + behind + " RETURNING *) INSERT INTO " +
                 kDefault + " SELECT * FROM moved");
    tx.query("ALTER TABLE request_logs ATTACH PARTITION " + table + " " +
             range(step.from, step.to));
    tx.query("ALTER TABLE " + table + " DROP CONSTRAINT request_logs_end");
    tx.commit();
}

bool Partitions::is_checked(const BoundPartition& step) const {
    // PostgreSQL prints the time in the session's time zone, which is UTC.
    std::string end = format_time(step.to).substr(0, 19);
    end[10] = ' ';
    const Rows rows = db_.query(
        "SELECT FROM pg_constraint WHERE conrelid = to_regclass($1) AND conname = "
        "'request_logs_end'"
        " AND convalidated AND strpos(pg_get_constraintdef(oid), $2) > 0",
        {step.name, end});
    return !rows.empty();
}

bool Partitions::has_default(Tx& tx) const {
    return tx.query("SELECT to_regclass('request_logs_default') IS NOT NULL").boolean(0, 0);
}

void Partitions::create_default(Tx& tx) {
    tx.query("CREATE TABLE request_logs_default PARTITION OF request_logs DEFAULT");
    tx.query(
        "CREATE UNIQUE INDEX request_logs_default_request_id ON request_logs_default"
        " (request_id, coalesce(master_id, 0))");
}

void Partitions::carry_out(const CreateDefault&) const {
    Tx tx = begin();
    if (has_default(tx)) return;
    create_default(tx);
    tx.commit();
}

/// Created as a separate table, filled with the matching rows of the default partition, and then
/// attached: until then only the writer is blocked.
void Partitions::carry_out(const CreatePartition& step) const {
    const std::string table = identifier(step.name);
    const std::string rows = within(step.from, step.to);
    Tx tx = begin();
    tx.query(kBecomeWriter);
    tx.query("CREATE TABLE " + table + " (LIKE request_logs INCLUDING DEFAULTS)");
    if (has_default(tx)) {
        tx.query(std::string("WITH moved AS (DELETE FROM ") + kDefault + " WHERE " + rows +
                 " RETURNING *) INSERT INTO " + table + " SELECT * FROM moved");
    }
    tx.query("CREATE UNIQUE INDEX " + identifier(step.name + "_request_id") + " ON " + table +
             " (request_id, coalesce(master_id, 0))");
    tx.query("ALTER TABLE " + table + " ADD CONSTRAINT request_logs_range CHECK (" + rows + ")");
    tx.query("ALTER TABLE request_logs ATTACH PARTITION " + table + " " +
             range(step.from, step.to));
    tx.query("ALTER TABLE " + table + " DROP CONSTRAINT request_logs_range");
    tx.commit();
}

}  // namespace ezapi::logs
