#include "counters/flush.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "counters/report_reader.hpp"
#include "counters/sequence.hpp"

namespace ezapi::logs {
namespace {

using namespace std::chrono_literals;

constexpr const char* kAbout =
    "Every item is added once for each (node, epoch, sequence), however often the report is sent: "
    "a repetition with the same items is answered as a duplicate, one with other items is refused "
    "with 409. `gap` tells the numbers directly below this one that have not arrived (yet); the "
    "first number of an epoch opens it. `unknown` lists the tokens that do not exist, as they were "
    "named; the other items are counted. An item that names no token, or names one twice, is "
    "listed in `rejected`; whatever else is wrong with an item is repaired and said in `repaired`: "
    "a number beyond its range becomes the nearest in it, one as text is read, a time that cannot "
    "be and an unknown member are left out. Both list the first 1,000, rejected_items and "
    "repaired_items count all. Send a rejected item again under another number. Numbers are "
    "remembered for the configured number of days; "
    "an older one that is sent again is refused with 409.";

Json answer_schema() {
    Json gap = object_schema({{"from", integer_schema()}, {"to", integer_schema()}});
    gap["nullable"] = true;
    Json index = integer_schema();
    index["nullable"] = true;
    index["description"] = "null: of the report itself";
    return object_schema(
        {{"applied", integer_schema()},
         {"duplicate", boolean_schema()},
         {"unknown", array_schema(text_schema())},
         {"gap", std::move(gap)},
         {"rejected",
          array_schema(object_schema(
              {{"index", integer_schema()}, {"code", text_schema()}, {"message", text_schema()}}))},
         {"repaired",
          array_schema(object_schema(
              {{"index", std::move(index)}, {"fields", array_schema(text_schema())}}))},
         {"rejected_items", integer_schema()},
         {"repaired_items", integer_schema()}});
}

void append_rejected(std::string& body, const CounterReport& report) {
    body += ",\"rejected\":[";
    for (const RejectedItem& item : report.rejected) {
        if (body.back() != '[') body.push_back(',');
        body += "{\"index\":" + std::to_string(item.index) + ",\"code\":";
        append_json_string(body, item.code);
        body += ",\"message\":";
        append_json_string(body, item.message);
        body.push_back('}');
    }
    body += "],\"rejected_items\":" + std::to_string(report.rejected_items);
}

void append_repaired(std::string& body, const CounterReport& report) {
    body += ",\"repaired\":[";
    for (const RepairedItem& item : report.repaired) {
        if (body.back() != '[') body.push_back(',');
        body +=
            "{\"index\":" + (item.index ? std::to_string(*item.index) : "null") + ",\"fields\":[";
        for (const std::string& field : item.fields) {
            if (body.back() != '[') body.push_back(',');
            append_json_string(body, field);
        }
        body += "]}";
    }
    body += "],\"repaired_items\":" + std::to_string(report.repaired_items);
}

std::string answer(size_t applied, const Admission& admission, const CounterReport& report) {
    std::string body = "{\"applied\":" + std::to_string(applied) +
                       ",\"duplicate\":" + (admission.duplicate ? "true" : "false") +
                       ",\"unknown\":" + admission.unknown + ",\"gap\":";
    if (admission.gap) {
        body += "{\"from\":" + std::to_string(admission.gap->from) +
                ",\"to\":" + std::to_string(admission.gap->to) + "}";
    } else {
        body += "null";
    }
    append_rejected(body, report);
    append_repaired(body, report);
    body.push_back('}');
    return body;
}

/// Drops times too far in the future: the token would appear as used at that time until it has
/// come. Runs after the digest is computed, which must be the same for every repetition of the
/// report.
void leave_out_times_ahead(CounterReport& report, Timestamp now) {
    const Timestamp latest = now + 24h;
    for (CounterItem& item : report.items) {
        if (item.last_used_at <= latest.time_since_epoch().count()) continue;
        item.last_used_at = 0;
        const auto known = std::find_if(report.repaired.begin(),
                                        report.repaired.end(),
                                        [&](const auto& each) { return each.index == item.index; });
        if (known == report.repaired.end())
            report.note_repair(item.index, {"last_used_at"});
        else
            known->fields.emplace_back("last_used_at");
    }
}

}  // namespace

CounterFlush::CounterFlush(Host& host)
    : db_(host.db()),
      log_(host.log()),
      keys_(host),
      retention_days_(host.settings().at("flush_retention_days").get<std::int64_t>()),
      reports_(host.metrics().counter("ezapi_logs_flush_reports_total",
                                      "Reports of counters that were counted")),
      duplicates_(host.metrics().counter("ezapi_logs_flush_duplicates_total",
                                         "Reports of counters that had been counted before")),
      items_(host.metrics().counter("ezapi_logs_flush_items_total",
                                    "Items of reports that were added to a token")),
      unknown_(host.metrics().counter("ezapi_logs_flush_unknown_total",
                                      "Items of reports whose token does not exist")),
      rejected_(host.metrics().counter("ezapi_logs_flush_rejected_total",
                                       "Items of reports that name no token")),
      repaired_(host.metrics().counter("ezapi_logs_flush_repaired_total",
                                       "Items of reports that were counted after a repair")),
      gaps_(host.metrics().counter("ezapi_logs_flush_gaps_total",
                                   "Reports that arrived before the one below them")) {}

void CounterFlush::serve(Host& host) {
    host.write("POST",
               "/internal/stats/flush",
               Access::internal,
               Operation("Adds counters of the data plane to the tokens")
                   .tag("logs")
                   .describe(kAbout)
                   .body_of("CounterReport")
                   .schema("CounterReport", report_schema())
                   .returns(200, "CounterReceipt")
                   .schema("CounterReceipt", answer_schema()),
               [this](const Request& request, Tx& tx) {
                   require_json(request.header("content-type"));
                   return take(read_report(request.body()), tx);
               });
    host.every("forget-reports", 1h, Scope::cluster, [this](const Run& run) {
        forget_sequences(db_, retention_days_, run);
    });
}

Response CounterFlush::take(CounterReport report, Tx& tx) const {
    if (!keys_) {
        throw Error(
            EZ_UNAVAILABLE,
            "counters cannot be added: the keys plugin, which owns the tokens, is not enabled")
            .with_code("keys_disabled");
    }
    Admission admission = admit(tx, report);
    leave_out_times_ahead(report, now());
    size_t applied = 0;
    if (!admission.duplicate) admission.unknown = count(report, tx, applied);
    tx.after([this,
              applied,
              admission,
              items = report.items.size(),
              rejected = report.rejected_items,
              repaired = report.repaired_items](int committed) {
        if (committed == 0) return;
        (admission.duplicate ? duplicates_ : reports_).add();
        if (admission.duplicate) return;
        rejected_.add(static_cast<double>(rejected));
        repaired_.add(static_cast<double>(repaired));
        items_.add(static_cast<double>(applied));
        unknown_.add(static_cast<double>(items - applied));
        if (admission.gap) gaps_.add();
    });
    return Response::json_text(answer(applied, admission, report));
}

std::string CounterFlush::count(const CounterReport& report, Tx& tx, size_t& applied) const {
    std::vector<KeyUsage> usage;
    usage.reserve(report.items.size());
    for (const CounterItem& item : report.items) {
        usage.push_back({.key_id = item.key_id,
                         .token_hash = item.token_hash,
                         .requests = item.requests,
                         .tokens_in = item.tokens_in,
                         .tokens_out = item.tokens_out,
                         .last_used_at = item.last_used_at});
    }
    const std::vector<bool> known = keys_.use(tx, usage);
    std::string unknown = "[";
    for (size_t i = 0; i < known.size(); ++i) {
        if (known[i]) {
            ++applied;
            continue;
        }
        if (unknown.size() > 1) unknown.push_back(',');
        append_json_string(unknown, report.items[i].name());
    }
    unknown.push_back(']');
    if (applied != known.size()) note_unknown(tx, report, unknown);
    return unknown;
}

}  // namespace ezapi::logs
