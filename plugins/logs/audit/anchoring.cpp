#include "audit/anchoring.hpp"

#include "audit/audit_keys.hpp"
#include "audit/chain.hpp"
#include "ezapi/time.hpp"
#include "outgoing/exchange.hpp"

namespace ezapi::logs {
namespace {

using namespace std::chrono_literals;

constexpr auto kLogging = 10min;
constexpr auto kPosting = 60s;
constexpr outgoing::Limits kLimits{.connect = 5s, .silence = 5s, .total = 5s, .max_bytes = 0};

}  // namespace

Anchoring::Anchoring(Host& host, const AuditKeys& keys, Anchors& anchors)
    : db_(host.db()),
      log_(host.log()),
      keys_(keys),
      anchors_(anchors),
      sound_(
          host.metrics().gauge("ezapi_operation_log_anchored",
                               "1 while the operation log holds the last anchor of this server")),
      instance_(host.instance()),
      url_(host.settings().at("audit_anchor_url").get<std::string>()),
      reach_(host.settings().at("webhook_allowed_networks").get<std::string>()) {
    if (url_.empty()) return;
    if (const std::string fault = url_fault(url_); !fault.empty())
        throw Error(EZ_INVALID, "EZ_AUDIT_ANCHOR_URL: " + fault);
}

void Anchoring::run(const Run& run) {
    const ChainHead head = read_head(
        db_.query("SELECT " + std::string(kHeadColumns) + " FROM operation_chain_head head"));
    const auto last = anchors_.last();
    report(last ? fault_of(*last, head.position) : std::string());
    if (!fault_.empty() || !keys_.knows(head.key_id) || keys_.signature(head) != head.signature)
        return;
    Anchor anchor{
        head.position, head.hash, head.key_id, head.keyed_from, format_time(now()), instance_};
    if (!last || head.position > last->position) anchors_.append(anchor);
    tell(anchor, run);
}

std::string Anchoring::fault_of(const Anchor& last, std::int64_t position) const {
    const std::string where = "position " + std::to_string(last.position);
    if (position < last.position)
        return where + " was sealed at " + last.at + ", and the chain ends at " +
               std::to_string(position) + " now";
    if (last.position == 0) return {};
    const Rows rows =
        db_.query("SELECT hash FROM operation_chain WHERE position = $1", {last.position});
    if (rows.empty()) return where + " is gone";
    return rows.text(0, 0) == last.hash ? std::string() : where + " has another link than before";
}

void Anchoring::report(const std::string& fault) {
    sound_.set(fault.empty() ? 1 : 0);
    if (fault == fault_) return;
    fault_ = fault;
    if (fault.empty()) {
        log_.info("operation log: it holds the last anchor again");
    } else {
        log_.error("operation log: it was cut or rebuilt: " + fault + "; the anchors are in " +
                   anchors_.file().string());
    }
}

void Anchoring::tell(const Anchor& anchor, const Run& run) {
    const Clock::time_point at = Clock::now();
    if (anchor.position != logged_ && at >= log_at_) {
        log_.info("operation log: anchor " + to_line(anchor));
        logged_ = anchor.position;
        log_at_ = at + kLogging;
    }
    if (url_.empty() || anchor.position == posted_ || at < post_at_) return;
    post_at_ = at + kPosting;
    try {
        const outgoing::Answer answer =
            outgoing::exchange({.method = "POST",
                                .url = url_,
                                .headers = {{"Content-Type", "application/json"}},
                                .body = to_line(anchor)},
                               reach_,
                               kLimits,
                               [&run] { return run.stopping(); });
        if (answer.status < 200 || answer.status > 299)
            throw Error(EZ_UNAVAILABLE, "the receiver answered " + std::to_string(answer.status));
        posted_ = anchor.position;
    } catch (const Error& error) {
        log_.warn("operation log: the anchor was not delivered to " + outgoing::origin_of(url_) +
                  ": " + error.what());
    }
}

}  // namespace ezapi::logs
