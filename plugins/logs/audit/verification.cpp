#include "audit/verification.hpp"

#include <algorithm>

#include "audit/chain.hpp"
#include "ezapi/resource.hpp"

namespace ezapi::logs {
namespace {

constexpr std::int64_t kSlice = 1000;
constexpr std::int64_t kDefaultPart = 100'000;
constexpr std::int64_t kMostPart = 1'000'000;
constexpr std::int64_t kMostPosition = std::int64_t{1} << 62;

const std::string kHead =
    "SELECT " + std::string(kHeadColumns) +
    ", head.sealed_at, head.sealed_below, "
    "(SELECT count(*) FROM operation_logs o WHERE o.xid >= head.sealed_below AND NOT EXISTS "
    "  (SELECT 1 FROM operation_chain c WHERE c.operation_id = o.id)), "
    "coalesce((SELECT max(id) FROM operation_logs), 0) "
    "FROM operation_chain_head head";
// Follows the columns of the head.
constexpr size_t kSealedAt = 6;
constexpr size_t kSealedBelow = 7;
constexpr size_t kWaiting = 8;
constexpr size_t kLastRow = 9;

const std::string kLinks =
    "SELECT c.position, c.operation_id, c.hash, coalesce(c.key_id, ''), " +
    std::string(kChainColumns) +
    " FROM operation_chain c LEFT JOIN operation_logs o ON o.id = c.operation_id "
    "WHERE c.position >= $1 AND c.position < $2 ORDER BY c.position LIMIT $3";
constexpr size_t kFirstColumn = 4;

constexpr std::string_view kPassedOver =
    "SELECT min(o.id) FROM operation_logs o WHERE o.id >= $1 AND o.id < $2 AND o.xid < $3::xid8 "
    "AND NOT EXISTS (SELECT 1 FROM operation_chain c WHERE c.operation_id = o.id)";

/// Verifies one part; ends at the first break.
class Walk {
public:
    Walk(Tx& tx, const ChainPart& part, const AuditKeys& keys, std::optional<Anchor> anchor)
        : tx_(tx), part_(part), keys_(keys), rows_(tx.query(kHead)), head_(read_head(rows_)) {
        state_.sealed = head_.position;
        state_.hash = head_.hash;
        state_.keyed_from = head_.keyed_from;
        state_.key_id = head_.key_id;
        state_.sealed_at = rows_.time(0, kSealedAt);
        state_.waiting = rows_.integer(0, kWaiting);
        state_.anchor = std::move(anchor);
        state_.to = part.from - 1;
    }

    ChainState run() {
        if (part_.anchor_position) check_anchor(*part_.anchor_position, part_.anchor_hash);
        if (!state_.broken) check_links();
        if (!state_.broken) check_tail();
        if (!state_.broken) check_passed_over();
        if (!state_.broken) check_head();
        if (!state_.broken && state_.anchor)
            check_anchor(state_.anchor->position, state_.anchor->hash);
        if (!state_.broken) check_evidence();
        state_.gaps = gaps_after(tx_, part_.gaps_after);
        const std::int64_t end = part_.from + part_.limit;
        if (end <= std::max(state_.sealed, rows_.integer(0, kLastRow))) state_.next = end;
        return std::move(state_);
    }

    std::optional<ChainBreak> anchor_break() {
        check_anchor(state_.anchor->position, state_.anchor->hash);
        return state_.broken;
    }

private:
    void fail(std::string kind,
              std::int64_t position,
              std::optional<std::int64_t> operation,
              std::string detail) {
        state_.broken = {std::move(kind), position, operation, std::move(detail)};
    }

    [[nodiscard]] std::optional<std::string> link_at(std::int64_t position) {
        if (position == 0) return chain_origin();
        const Rows rows =
            tx_.query("SELECT hash FROM operation_chain WHERE position = $1", {position});
        if (rows.empty()) return std::nullopt;
        return std::string(rows.text(0, 0));
    }

    void check_anchor(std::int64_t position, const std::string& hash) {
        const auto link = link_at(position);
        if (!link) {
            fail("anchor", position, {}, "there is no such place any more");
        } else if (*link != hash) {
            fail("anchor", position, {}, "expected " + hash + ", found " + *link);
        }
    }

    /// A head that was never signed, and of which there is no anchor, was written by an earlier
    /// version; the job signs it at the start.
    void check_head() {
        const bool never_signed = head_.key_id.empty() && head_.signature.empty() &&
                                  head_.keyed_from == 0 && !state_.anchor;
        if (never_signed) return;
        if (head_.key_id.empty() || head_.signature.empty())
            return fail("head", head_.position, {}, "the head is not signed");
        if (!keys_.knows(head_.key_id)) return fail_key(head_.position, {}, head_.key_id);
        if (keys_.signature(head_) != head_.signature)
            fail("head", head_.position, {}, "the head was changed: its signature is wrong");
    }

    void fail_key(std::int64_t position,
                  std::optional<std::int64_t> operation,
                  const std::string& key_id) {
        fail("key",
             position,
             operation,
             "signed with the key '" + key_id + "', which EZ_AUDIT_KEYS of this server lacks");
    }

    void check_evidence() {
        if (const auto operation = lost_gap(tx_))
            fail("evidence",
                 0,
                 operation,
                 "the row of ez_unaudited_changes that this operation tells of was changed or "
                 "deleted");
    }

    void check_links() {
        const std::int64_t end = part_.from + part_.limit;
        if (state_.to > state_.sealed) return;
        const auto before = link_at(state_.to);
        if (!before) return fail("gap", state_.to, {}, "the place is gone");
        link_ = *before;
        for (;;) {
            const Rows rows = tx_.query(kLinks, {state_.to + 1, end, kSlice});
            for (size_t row = 0; row < rows.size() && !state_.broken; ++row) check_link(rows, row);
            if (state_.broken || rows.size() < static_cast<size_t>(kSlice)) return;
        }
    }

    void check_link(const Rows& rows, size_t row) {
        const std::int64_t position = rows.integer(row, 0);
        const std::int64_t operation = rows.integer(row, 1);
        if (position != state_.to + 1) return fail("gap", state_.to + 1, {}, "the place is gone");
        if (rows.is_null(row, kFirstColumn))
            return fail("missing", position, operation, "the row is gone, its place is there");
        const std::string key_id(rows.text(row, 3));
        const bool keyed = head_.keyed_from != 0 && position >= head_.keyed_from;
        if (keyed && key_id.empty())
            return fail("unkeyed", position, operation, "the link is not signed");
        if (keyed && !keys_.knows(key_id)) return fail_key(position, operation, key_id);
        link_ = keyed ? keys_.link(link_, canonical_form(rows, row, kFirstColumn), key_id)
                      : unkeyed_link(link_,
                                     canonical_form(rows, row, kFirstColumn, kUnkeyedColumnCount));
        if (link_ != rows.text(row, 2))
            return fail("altered",
                        position,
                        operation,
                        "the row, its place or its link was changed: expected " +
                            std::string(rows.text(row, 2)) + ", computed " + link_);
        state_.to = position;
    }

    void check_tail() {
        if (part_.from + part_.limit <= state_.sealed) {
            // Only positions after this part are left; they are not examined.
            if (state_.to != part_.from + part_.limit - 1)
                fail("gap", state_.to + 1, {}, "the place is gone");
            return;
        }
        if (state_.to < part_.from - 1 || part_.from - 1 > state_.sealed) return;
        if (state_.to != state_.sealed || link_ != state_.hash)
            fail("tail",
                 state_.to,
                 {},
                 "the chain ends at " + std::to_string(state_.to) + " with " + link_ +
                     ", its head says " + std::to_string(state_.sealed) + " with " + state_.hash);
    }

    void check_passed_over() {
        const std::int64_t from = part_.from == 1 ? -kMostPosition : part_.from;
        const Rows rows =
            tx_.query(kPassedOver, {from, part_.from + part_.limit, rows_.text(0, kSealedBelow)});
        if (!rows.is_null(0, 0))
            fail("unsealed",
                 0,
                 rows.integer(0, 0),
                 "the row has no place although those around it have");
    }

    Tx& tx_;
    const ChainPart& part_;
    const AuditKeys& keys_;
    const Rows rows_;
    const ChainHead head_;
    std::string link_;
    ChainState state_;
};

std::optional<std::int64_t> integer_of(const Request& request,
                                       std::string_view name,
                                       std::int64_t least,
                                       std::int64_t most) {
    const auto text = request.query(name);
    if (!text) return std::nullopt;
    return query_integer(name, *text, least, most);
}

ChainPart part_of(const Request& request) {
    ChainPart out;
    out.from = integer_of(request, "from", 1, kMostPosition).value_or(1);
    out.limit = integer_of(request, "limit", 1, kMostPart).value_or(kDefaultPart);
    out.anchor_position = integer_of(request, "position", 0, kMostPosition);
    out.anchor_hash = request.query("hash").value_or("");
    out.gaps_after = integer_of(request, "gaps_after", 0, kMostPosition).value_or(0);
    if (out.anchor_position.has_value() == out.anchor_hash.empty())
        throw bad_query(out.anchor_hash.empty() ? "hash" : "position",
                        "position and hash of a kept head belong together");
    return out;
}

Json state_json(const ChainPart& part, const ChainState& state) {
    Json broken;
    if (state.broken) {
        const ChainBreak& found = *state.broken;
        broken = {{"kind", found.kind},
                  {"position", found.position == 0 ? Json() : Json(found.position)},
                  {"operation_id", found.operation_id ? Json(*found.operation_id) : Json()},
                  {"detail", found.detail}};
    }
    Json anchor;
    if (state.anchor)
        anchor = {{"position", state.anchor->position},
                  {"hash", state.anchor->hash},
                  {"at", state.anchor->at}};
    return {{"intact", state.intact()},
            {"sealed", state.sealed},
            {"waiting", state.waiting},
            {"head",
             {{"position", state.sealed},
              {"hash", state.hash},
              {"sealed_at", state.sealed_at ? Json(format_time(*state.sealed_at)) : Json()},
              {"key_id", state.key_id.empty() ? Json() : Json(state.key_id)}}},
            {"keyed_from", state.keyed_from == 0 ? Json() : Json(state.keyed_from)},
            {"anchor", std::move(anchor)},
            {"gaps", {{"total", state.gaps.total}, {"data", state.gaps.data}}},
            {"checked", {{"from", part.from}, {"to", state.to}}},
            {"next", state.next ? Json(*state.next) : Json()},
            {"break", std::move(broken)}};
}

Json nullable(Json schema) {
    schema["nullable"] = true;
    return schema;
}

Json verification_schema() {
    return object_schema(
        {{"intact", boolean_schema()},
         {"sealed", integer_schema()},
         {"waiting", integer_schema()},
         {"head",
          object_schema({{"position", integer_schema()},
                         {"hash", text_schema()},
                         {"sealed_at", nullable(time_schema())},
                         {"key_id", nullable(text_schema())}})},
         {"keyed_from", nullable(integer_schema())},
         {"anchor",
          nullable(object_schema(
              {{"position", integer_schema()}, {"hash", text_schema()}, {"at", text_schema()}}))},
         {"gaps", gaps_schema()},
         {"checked", object_schema({{"from", integer_schema()}, {"to", integer_schema()}})},
         {"next", nullable(integer_schema())},
         {"break",
          nullable(object_schema({{"kind",
                                   {{"type", "string"},
                                    {"enum",
                                     {"altered",
                                      "missing",
                                      "gap",
                                      "tail",
                                      "unsealed",
                                      "unkeyed",
                                      "head",
                                      "key",
                                      "evidence",
                                      "anchor"}}}},
                                  {"position", nullable(integer_schema())},
                                  {"operation_id", nullable(integer_schema())},
                                  {"detail", text_schema()}}))}});
}

Operation describe() {
    return Operation("Verifies the operation log")
        .tag("logs")
        .describe(
            "Looks at one part, first at `from`; `next` is where the next part begins, null when "
            "there is none. `waiting` rows are committed and get their place within seconds. "
            "`break` is the first place where something was tampered with. `gaps` are the "
            "transactions that changed entities while the operation log was switched off, each "
            "with its time, revision and changes; send the greatest id that was looked into as "
            "`gaps_after`. `intact` is true when there is neither. The chain is compared with the "
            "anchor that this server keeps outside the database; send one that is kept elsewhere "
            "as `position` and `hash`. That also finds a state of the tables that was put back.")
        .query("from",
               {{"type", "integer"}, {"format", "int64"}, {"minimum", 1}, {"default", 1}},
               "First place to look at")
        .query("limit",
               {{"type", "integer"},
                {"minimum", 1},
                {"maximum", kMostPart},
                {"default", kDefaultPart}},
               "Places to look at")
        .query("position", integer_schema(), "Place of a head that was kept")
        .query("hash", text_schema(), "Its hash")
        .query("gaps_after",
               {{"type", "integer"}, {"format", "int64"}, {"minimum", 0}, {"default", 0}},
               "Id of the last gap that is known")
        .schema("OperationLogVerification", verification_schema())
        .returns(200, "OperationLogVerification");
}

}  // namespace

ChainState Verification::verify(const ChainPart& part) const {
    // One snapshot: the head does not move during the verification.
    Tx tx = db_.begin({.isolation = EZ_REPEATABLE_READ, .read_only = true});
    return Walk(tx, part, keys_, anchors_.last()).run();
}

std::optional<ChainBreak> Verification::held_against(const Anchor& anchor) const {
    Tx tx = db_.begin({.isolation = EZ_REPEATABLE_READ, .read_only = true});
    return Walk(tx, {.limit = 1}, keys_, anchor).anchor_break();
}

void Verification::serve(Host& host) const {
    host.get(
        "/admin/operation-logs/verify", Access::admin, describe(), [this](const Request& request) {
            const ChainPart part = part_of(request);
            return Response::json(state_json(part, verify(part)));
        });
}

}  // namespace ezapi::logs
