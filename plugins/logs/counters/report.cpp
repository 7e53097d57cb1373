#include "counters/report.hpp"

#include <utility>

#include "ezapi/credential.hpp"
#include "ezapi/openapi.hpp"

namespace ezapi::logs {

void CounterReport::note_repair(std::optional<std::size_t> index, std::vector<std::string> fields) {
    ++repaired_items;
    if (repaired.size() < kMostListed) repaired.push_back({index, std::move(fields)});
}

std::string CounterReport::digest() const {
    std::string text;
    text.reserve(items.size() * 96);
    for (const CounterItem& item : items) {
        text += item.name();
        for (const std::int64_t number :
             {item.requests, item.tokens_in, item.tokens_out, item.last_used_at}) {
            text.push_back(',');
            text += std::to_string(number);
        }
        text.push_back(item.key_id != 0 ? '#' : ';');
    }
    return sha256_hex(text);
}

Json report_schema() {
    const Json counter{{"type", "integer"},
                       {"format", "int64"},
                       {"minimum", 0},
                       {"maximum", kMostCounted},
                       {"default", 0}};
    const Json name{
        {"oneOf",
         {{{"type", "string"}, {"minLength", 1}, {"maxLength", kLongestName}}, integer_schema()}}};
    Json sequence = integer_schema();
    sequence["minimum"] = 0;
    Json time{{"description", "RFC 3339, or unix seconds or milliseconds"},
              {"oneOf", {time_schema(), integer_schema()}}};
    Json key_id = integer_schema();
    key_id["minimum"] = 1;
    Json item = object_schema(
        {{"key_id", key_id},
         {"token_hash", text_schema()},
         {"requests", counter},
         {"tokens_in", counter},
         {"tokens_out", counter},
         {"last_used_at", time}},
        {"key_id", "token_hash", "requests", "tokens_in", "tokens_out", "last_used_at"});
    item["description"] = "A token is named by one of key_id and token_hash";
    Json items = array_schema(std::move(item));
    items["maxItems"] = kMostItems;
    return object_schema(
        {{"node", name}, {"epoch", name}, {"sequence", sequence}, {"items", items}});
}

}  // namespace ezapi::logs
