#include "query/records.hpp"

#include <optional>
#include <string>
#include <utility>

#include "ezapi/base/numbers.hpp"
#include "ezapi/escape.hpp"
#include "query/address_filter.hpp"

namespace ezapi::logs {
namespace {

/// The index uses trigrams, which need three characters, but two characters can be a word in
/// Chinese and Japanese. For those the records of the last days are scanned, newest first, until a
/// page is full; log.query_timeout_ms limits this like any other list.
constexpr size_t kTrigram = 3;
constexpr size_t kShortestText = 2;
constexpr const char* kDaysOfShortText = "7";

constexpr const char* kRecords =
    "(SELECT id, created_at, request_id, master_id, key_id, \"group\", namespace, model,"
    " upstream_model, provider_group_id, provider_id, provider_type, status_code, latency_ms,"
    " first_token_ms, tokens_in, tokens_out, cached_tokens,"
    " trim_scale(cost_nano::numeric / 1000000000) AS cost, stream, error, client_ip"
    " FROM request_logs) AS request_logs";

Error bad_status(std::string_view name, std::string_view value) {
    return unexpected_query(name, "1xx, 2xx, 3xx, 4xx, 5xx or one code", value);
}

/// The class is written out, so that the index of what is not the usual 200 is seen to serve it.
ListCondition by_status(std::string_view name, std::string_view value) {
    if (value.size() == 3 && value[0] >= '1' && value[0] <= '5' && value.substr(1) == "xx") {
        const std::string first = std::string(1, value[0]) + "00";
        const std::string last = std::string(1, value[0]) + "99";
        return {"status_code >= " + first + " AND status_code <= " + last};
    }
    const auto code = parse_integer<int>(value);
    if (!code || *code < 0 || *code > 999) throw bad_status(name, value);
    return {*code != 200 ? "status_code <> 200 AND status_code = $?" : "status_code = $?",
            std::to_string(*code)};
}

ListCondition by_error(std::string_view value) {
    const size_t length = characters(value);
    const bool is_word = length == kShortestText && value.size() > length;
    if ((length < kTrigram && !is_word) || length > 200)
        throw bad_query("error",
                        "expected 3 to 200 characters, or 2 that are not both ASCII, found " +
                            std::to_string(length));
    // An expression that no index knows, so that the rows are read in the order of the page.
    if (is_word)
        return {"created_at >= now() - interval '" + std::string(kDaysOfShortText) +
                    " days' AND error <> '' AND position(lower($?::text) IN lower(error)) > 0",
                std::string(value)};
    return {"error <> '' AND error ILIKE $?", "%" + like_literal(value) + "%"};
}

std::vector<ListFilter> own_filters() {
    const auto status = [](std::string name) {
        return ListFilter{name,
                          text_schema(),
                          "Only this class (4xx) or code (429) of status",
                          [name](std::string_view value) { return by_status(name, value); }};
    };
    return {status("status_code"),
            status("status"),
            {"error",
             {{"type", "string"}, {"minLength", kShortestText}, {"maxLength", 200}},
             "Only records whose error contains this, in any case. Of two characters, which must "
             "not both be ASCII, only in records of the last 7 days",
             &by_error},
            // No index: it would cost every insert, and the filter is rarely used.
            address_filter("client_ip",
                           "client_ip = $?",
                           "Only records of this address, in any form of it. No index serves it: "
                           "name from and to, or a master, where there are many records")};
}

Field master_id() {
    return integer("master_id").nullable().range(1);
}

FeedSpec records(Field master) {
    return {.table = kRecords,
            .schema = "LogRecord",
            .fields = fields(text("request_id").filterable(),
                             std::move(master),
                             integer("key_id").nullable().range(1).filterable(),
                             text("group"),
                             text("namespace"),
                             text("model").filterable(),
                             text("upstream_model"),
                             integer("provider_group_id").nullable().range(1).filterable(),
                             integer("provider_id").nullable().range(1).filterable(),
                             text("provider_type"),
                             integer("status_code"),
                             integer("latency_ms"),
                             integer("first_token_ms").nullable(),
                             integer("tokens_in"),
                             integer("tokens_out"),
                             integer("cached_tokens"),
                             number("cost"),
                             boolean("stream"),
                             text("error"),
                             text("client_ip"),
                             time("created_at")),
            .range = "created_at",
            .order = "created_at",
            .filters = own_filters()};
}

}  // namespace

Records::Records(Db db, std::chrono::milliseconds time_limit)
    : db_(std::move(db)),
      time_limit_(time_limit),
      all_(records(master_id().filterable())),
      own_(records(master_id())) {}

void Records::serve(Host& host) const {
    host.get("/admin/logs",
             Access::admin,
             all_.operation("Lists the records of requests").tag("logs"),
             [this](const Request& request) { return page(all_, request, nullptr); });
    host.get("/v1/logs",
             Access::master,
             own_.operation("Lists the records of the caller's requests").tag("logs"),
             [this](const Request& request) {
                 const Within caller{.field = "master_id", .id = request.identity().id};
                 return page(own_, request, &caller);
             });
}

Response Records::page(const Feed& feed, const Request& request, const Within* of) const {
    Tx tx = db_.begin({.read_only = true, .statement_timeout = time_limit_});
    return feed.page(tx, request, of);
}

}  // namespace ezapi::logs
