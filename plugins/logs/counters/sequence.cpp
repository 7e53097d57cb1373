#include "counters/sequence.hpp"

namespace ezapi::logs {
namespace {

constexpr std::string_view kNote =
    "INSERT INTO counter_reports AS report (node, epoch, sequence, digest) "
    "SELECT $1, $2, $3::bigint, $4 WHERE NOT EXISTS ("
    "  SELECT FROM counter_floors WHERE node = $1 AND epoch = $2 AND floor >= $3::bigint) "
    "ON CONFLICT DO NOTHING RETURNING 1";

/// The greatest known number below this one; numbers between the two have not arrived. A report
/// whose transaction is still open counts as not arrived.
constexpr std::string_view kBelow =
    "SELECT greatest("
    "  (SELECT max(sequence) FROM counter_reports WHERE node = $1 AND epoch = $2 AND sequence < "
    "$3),"
    "  (SELECT floor FROM counter_floors WHERE node = $1 AND epoch = $2))";

constexpr std::string_view kKnown =
    "SELECT digest, coalesce(unknown, '[]') FROM counter_reports "
    "WHERE node = $1 AND epoch = $2 AND sequence = $3";

/// Rows are deleted one run after the floor was raised above them: by then every statement that saw
/// the old floor, and waits for the row, has ended.
constexpr std::string_view kDrop =
    "DELETE FROM counter_reports WHERE ctid = ANY(ARRAY("
    "  SELECT report.ctid FROM counter_reports AS report JOIN counter_floors AS low USING (node, "
    "epoch)"
    "  WHERE report.received_at < now() - make_interval(days => $1)"
    "    AND report.sequence <= low.floor AND low.raised_at < now() - interval '10 minutes'"
    "  LIMIT 10000))";

constexpr std::string_view kRaise =
    "INSERT INTO counter_floors AS low (node, epoch, floor) "
    "SELECT node, epoch, max(sequence) FROM counter_reports "
    "WHERE received_at < now() - make_interval(days => $1) GROUP BY node, epoch "
    "ON CONFLICT (node, epoch) DO UPDATE SET floor = excluded.floor, raised_at = now() "
    "WHERE excluded.floor > low.floor";

/// Epochs without reports for as long again.
constexpr std::string_view kForgetEpochs =
    "DELETE FROM counter_floors AS low WHERE raised_at < now() - make_interval(days => $1)"
    "  AND NOT EXISTS (SELECT FROM counter_reports AS report"
    "    WHERE report.node = low.node AND report.epoch = low.epoch)";

std::string place_of(const CounterReport& report) {
    return "sequence " + std::to_string(report.sequence) + " of node '" + report.node +
           "', epoch '" + report.epoch + "'";
}

std::optional<SequenceGap> gap_below(Tx& tx, const CounterReport& report) {
    const auto below =
        tx.query(kBelow, {report.node, report.epoch, report.sequence}).optional_integer(0, 0);
    if (!below || *below + 1 >= report.sequence) return std::nullopt;
    return SequenceGap{*below + 1, report.sequence - 1};
}

std::string judge_repeated(Tx& tx, const CounterReport& report, const std::string& digest) {
    const Rows known = tx.query(kKnown, {report.node, report.epoch, report.sequence});
    if (known.empty()) {
        throw Error(EZ_CONFLICT,
                    place_of(report) + ": too old to tell whether it has been counted already")
            .with_code("sequence_forgotten")
            .with_field("sequence");
    }
    if (known.text(0, 0) != digest) {
        throw Error(EZ_CONFLICT, place_of(report) + ": was counted with other items")
            .with_code("sequence_reused")
            .with_field("sequence");
    }
    return std::string(known.text(0, 1));
}

}  // namespace

Admission admit(Tx& tx, const CounterReport& report) {
    const std::string digest = report.digest();
    Admission out;
    out.duplicate = tx.query(kNote, {report.node, report.epoch, report.sequence, digest}).empty();
    if (out.duplicate) out.unknown = judge_repeated(tx, report, digest);
    out.gap = gap_below(tx, report);
    return out;
}

void note_unknown(Tx& tx, const CounterReport& report, const std::string& unknown) {
    tx.query(
        "UPDATE counter_reports SET unknown = $4::jsonb "
        "WHERE node = $1 AND epoch = $2 AND sequence = $3",
        {report.node, report.epoch, report.sequence, unknown});
}

void forget_sequences(const Db& db, std::int64_t days, const Run& run) {
    while (!run.stopping() && db.query(kDrop, {days}).affected() > 0) {
    }
    db.query(kRaise, {days});
    db.query(kForgetEpochs, {days});
}

}  // namespace ezapi::logs
