#include "retention/partitions.hpp"

#include <chrono>

namespace ezapi::logs {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLockLimit = 2s;
constexpr std::chrono::milliseconds kWorkLimit = 10min;
constexpr const char* kBecomeWriter = "SELECT pg_advisory_xact_lock(7310872414)";
constexpr const char* kDefault = "request_logs_default";

Timestamp bound(const Rows& rows, size_t row, size_t column) {
    if (rows.text(row, column) == "infinity") return Timestamp::max();
    if (rows.text(row, column) == "-infinity") return Timestamp::min();
    return rows.time(row, column).value();
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

/// Times of a range, as a condition.
std::string within(Timestamp from, Timestamp to) {
    std::string out = "created_at IS NOT NULL";
    if (from != Timestamp::min()) out += " AND created_at >= " + literal(from);
    if (to != Timestamp::max()) out += " AND created_at < " + literal(to);
    return out;
}

}  // namespace

std::vector<Partition> Partitions::read(Timestamp now) const {
    const Rows rows =
        db_.query("SELECT name, is_default, starts, ends FROM request_log_partitions");
    std::vector<Partition> out;
    for (size_t i = 0; i < rows.size(); ++i) {
        Partition partition{.name = std::string(rows.text(i, 0))};
        partition.is_default = rows.boolean(i, 1);
        const std::string table = identifier(partition.name);
        if (partition.is_default) {
            partition.first = db_.query("SELECT min(created_at) FROM " + table).time(0, 0);
        } else {
            partition.from = bound(rows, i, 2);
            partition.to = bound(rows, i, 3);
            if (partition.from > now)
                partition.empty =
                    !db_.query("SELECT EXISTS (SELECT FROM " + table + ")").boolean(0, 0);
            if (partition.to == Timestamp::max())
                partition.last = db_.query("SELECT max(created_at) FROM " + table).time(0, 0);
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

void Partitions::drop(const std::string& name) const {
    Tx tx = begin();
    tx.query("DROP TABLE " + identifier(name));
    tx.commit();
}

std::int64_t Partitions::rows_in_default() const {
    const Rows there = db_.query("SELECT to_regclass('request_logs_default') IS NOT NULL");
    if (!there.boolean(0, 0)) return 0;
    return db_.query("SELECT count(*) FROM request_logs_default").integer(0, 0);
}

void Partitions::carry_out(const DropPartition& step) const {
    Tx tx = begin();
    const std::string table = identifier(step.name);
    tx.query("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
    if (tx.query("SELECT EXISTS (SELECT FROM " + table + ")").boolean(0, 0)) return;
    tx.query("DROP TABLE " + table);
    tx.commit();
}

/// That no row lies behind the end is checked beforehand, while rows come in: the exchange of the
/// bounds itself then takes an instant, however many rows there are.
void Partitions::carry_out(const BoundPartition& step) const {
    const std::string table = identifier(step.name);
    if (!is_checked(step)) {
        Tx tx = begin();
        tx.query("ALTER TABLE " + table + " DROP CONSTRAINT IF EXISTS request_logs_end");
        tx.query("ALTER TABLE " + table + " ADD CONSTRAINT request_logs_end CHECK (" +
                 within(step.from, step.to) + ") NOT VALID");
        tx.commit();
        Tx check = begin();
        check.query("ALTER TABLE " + table + " VALIDATE CONSTRAINT request_logs_end");
        check.commit();
    }
    Tx tx = begin();
    tx.query(kBecomeWriter);
    tx.query("ALTER TABLE request_logs DETACH PARTITION " + table);
    tx.query("ALTER TABLE request_logs ATTACH PARTITION " + table + " " +
             range(step.from, step.to));
    tx.query("ALTER TABLE " + table + " DROP CONSTRAINT request_logs_end");
    if (!has_default(tx)) create_default(tx);
    tx.commit();
}

bool Partitions::is_checked(const BoundPartition& step) const {
    // PostgreSQL writes the time as of the session, which is UTC.
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
        " (request_id)");
}

void Partitions::carry_out(const CreateDefault&) const {
    Tx tx = begin();
    if (has_default(tx)) return;
    create_default(tx);
    tx.commit();
}

/// Made beside the others, filled with what the default partition holds of it, and attached: until
/// then nothing but the writer waits.
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
             " (request_id)");
    tx.query("ALTER TABLE " + table + " ADD CONSTRAINT request_logs_range CHECK (" + rows + ")");
    tx.query("ALTER TABLE request_logs ATTACH PARTITION " + table + " " +
             range(step.from, step.to));
    tx.query("ALTER TABLE " + table + " DROP CONSTRAINT request_logs_range");
    tx.commit();
}

}  // namespace ezapi::logs
