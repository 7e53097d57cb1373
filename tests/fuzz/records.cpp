// Bodies of JSON: the strict parser of the SDK, and the scanner that reads records and counters.
#include "counters/report_reader.hpp"
#include "ezapi/json.hpp"
#include "ingest/body.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ezapi::logs {
namespace {

using fuzz::require;

constexpr std::int64_t kNow = 1'770'000'000'000'000;
constexpr BodyLimits kLimits{.records = 100, .bytes = 1 << 16};

bool is_json(std::string_view text) {
    try {
        (void)parse_json(text);
        return true;
    } catch (const Error&) {
        return false;
    }
}

/// Whether the body is refused as malformed JSON; other refusals do not count.
template <class Read>
bool is_malformed(Read&& read) {
    try {
        read();
    } catch (const Error& error) {
        return error.code() == "malformed_json";
    }
    return false;
}

void check_rows(const ParsedBody& body) {
    require(body.rows.size() + body.refused.size() <= kLimits.records, "records are limited");
    for (const RowBlock::Row& row : body.rows.rows()) {
        const std::string_view id = body.rows.text(row.request_id);
        require(!id.empty() && id.size() <= 800 && sound_text(id), "an id can be stored");
        require(row.cost_nano >= 0 && row.tokens_in >= 0 && row.tokens_out >= 0,
                "no counter is negative");
        require(row.created_us <= kNow + 86'400'000'000, "no record is from the future");
    }
}

}  // namespace

EZ_FUZZ(json) {
    const Json value = parse_json(input, {.exact_numbers = true});
    const std::string written = dump_json(value);
    require(dump_json(parse_json(written, {.exact_numbers = true})) == written,
            "what was written is read as the same");
    require(stored_size(value) >= written.size(), "the database writes no less");
}

EZ_FUZZ(records) {
    const auto read = [&](const char* type) {
        check_rows(parse_body(input, type, std::nullopt, kLimits, kNow));
    };
    const bool refused = is_malformed([&] { read("application/json"); });
    require(!refused || !is_json(input), "what is JSON is not malformed");
    read("application/x-ndjson");
}

EZ_FUZZ(reports) {
    const bool refused = is_malformed([&] {
        const CounterReport report = read_report(input);
        for (const CounterItem& item : report.items)
            require(item.requests >= 0 && item.tokens_in >= 0 && item.tokens_out >= 0,
                    "no counter is negative");
        (void)report.digest();
    });
    require(!refused || !is_json(input), "what is JSON is not malformed");
}

}  // namespace ezapi::logs
