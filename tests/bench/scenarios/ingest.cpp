// Log records over HTTP, committed, deduplicated and added to the statistics. Compared with psql's
// COPY of the same rows into a table with the same columns and indexes, and with the other product,
// which answers when records are queued and neither deduplicates nor aggregates. Up to 10,000
// records are still in its queue when the time is taken, which is in its favour.
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "tests/bench/scenarios/records.hpp"
#include "tests/bench/scenarios/scenarios.hpp"
#include "tests/bench/stack.hpp"
#include "tests/support/child_process.hpp"

namespace ezapi::bench {
namespace {

constexpr const char* kPath = "/internal/logs";

struct Shape {
    std::string name;
    size_t records;  // per body
    size_t bodies;   // per round
    size_t connections;
};

class Ingest {
public:
    /// `ack`: the server's log.ack, committed or queued.
    Ingest(Shape shape, const std::string& ack)
        : shape_(std::move(shape)),
          stack_({{"EZ_LOG_MAX_RECORDS", "100000000"}, {"EZ_LOG_ACK", ack}}) {}

    [[nodiscard]] Stack& stack() { return stack_; }

    /// Rows per second into empty tables.
    double ours() {
        stack_.sql("TRUNCATE request_logs, request_log_hours");
        const double rows_a_second = rate(stack_.internal(), RecordShape::ours);
        wait_for_rows();
        return rows_a_second;
    }

    double peer(const Target& target) { return rate(target, RecordShape::peer); }

    /// Rows per second of COPY into an identical table, with the rows that ours contains now.
    double copy() {
        if (copied_ == 0) export_rows();
        stack_.sql("TRUNCATE copied");
        const double seconds =
            timed({"psql", stack_.dsn(), "-qc", "\\copy copied from '" + file_ + "'"});
        return static_cast<double>(copied_) / seconds;
    }

    ~Ingest() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    Ingest(const Ingest&) = delete;
    Ingest& operator=(const Ingest&) = delete;

private:
    double rate(const Target& target, RecordShape shape) {
        const LoadResult result = run_load(target,
                                           {.path = kPath,
                                            .connections = shape_.connections,
                                            .requests = shape_.bodies,
                                            .body = [&](size_t) {
                                                next_ += shape_.records;
                                                return records_body(shape, next_, shape_.records);
                                            }});
        return result.per_second(shape_.bodies * shape_.records);
    }

    /// Records that were queued are stored a little later. All of them must arrive, or this never
    /// returns.
    void wait_for_rows() {
        const std::string sent = std::to_string(shape_.bodies * shape_.records);
        while (stack_.sql("SELECT count(*) FROM request_logs") != sent)
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }

    void export_rows() {
        const std::string leaf = stack_.sql(
            "SELECT c.oid::regclass FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid "
            "WHERE inhparent = 'request_logs'::regclass ORDER BY c.reltuples DESC LIMIT 1");
        stack_.sql("CREATE TABLE copied (LIKE " + leaf + " INCLUDING INDEXES)");
        timed({"psql",
               stack_.dsn(),
               "-qc",
               "\\copy (SELECT * FROM request_logs) to '" + file_ + "'"});
        copied_ = std::stoul(stack_.sql("SELECT count(*) FROM request_logs"));
    }

    Shape shape_;
    Stack stack_;
    std::string folder_ = tests::make_folder("ezapi-bench-rows-");
    std::string file_ = folder_ + "/rows";
    size_t copied_ = 0;
    std::uint64_t next_ = 0;
};

Figure named(const Shape& shape, std::string reference, double target) {
    return {.name = shape.name,
            .unit = "rows/s",
            .reference_name = std::move(reference),
            .target = target};
}

void against_peer(
    Run& run, Ingest& ingest, const Shape& shape, const std::string& mode, double target) {
    const auto peer = run.peer(mode);
    if (!peer) return;
    run.add(
        fold(named(shape, "peer, " + mode, target),
             alternate(
                 run.rounds(), [&] { return ingest.ours(); }, [&] { return ingest.peer(*peer); })));
}

}  // namespace

void measure_ingest(Run& run) {
    const Shape shape{"logs-ingest", 100, run.sized(3000), 32};
    Ingest ingest(shape, "committed");
    run.add(fold(named(shape, "psql \\copy", 0.6),
                 alternate(
                     run.rounds(), [&] { return ingest.ours(); }, [&] { return ingest.copy(); })));
    against_peer(run, ingest, shape, "insert", 3.5);
    against_peer(run, ingest, shape, "copy", 1.0);
    run.add(
        against_limit("logs-ingest memory", "MiB", {ingest.stack().peak_mib()}, 200, Better::less));
}

void measure_ingest_single(Run& run) {
    if (!run.peer("insert") && !run.peer("copy")) return;  // nothing to compare with
    // The other product answers when a record is queued, so ours does the same in this comparison.
    // Far more records than the 10,000 that both queues hold, even in a quick run; otherwise only
    // the queues are measured.
    constexpr size_t kBodies = 60000;
    const Shape queued{"logs-ingest-single", 1, kBodies, 64};
    {
        Ingest ingest(queued, "queued");
        against_peer(run, ingest, queued, "insert", 2.5);
        against_peer(run, ingest, queued, "copy", 1.0);
    }
    const Shape committed{"logs-ingest-single durable", 1, kBodies, 64};
    Ingest ingest(committed, "committed");
    against_peer(run, ingest, committed, "insert", 1.0);
}

}  // namespace ezapi::bench
