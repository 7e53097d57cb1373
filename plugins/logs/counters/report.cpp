#include "counters/report.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "ezapi/credential.hpp"
#include "ezapi/http.hpp"

namespace ezapi::logs {
namespace {

constexpr std::size_t kMostFaults = 100;
/// A number of unix seconds stays below it until the year 5138, one of milliseconds was above it in
/// 1973 already.
constexpr std::int64_t kFirstMillisecond = 100'000'000'000;
constexpr std::int64_t kLastSecond = 253'402'300'799;  // the end of the year 9999

constexpr std::array<std::string_view, 6> kItemMembers{
    "key_id", "token_hash", "requests", "tokens_in", "tokens_out", "last_used_at"};

/// Reads members of the body and notes what is wrong with them.
class Reader {
public:
    CounterReport read(const Json& body) {
        CounterReport out;
        const std::array<std::string_view, 4> members{"node", "epoch", "sequence", "items"};
        refuse_others(body, members, "");
        out.node = name(body, "node");
        out.epoch = name(body, "epoch");
        out.sequence = integer(
            body, "", "sequence", 0, std::numeric_limits<std::int64_t>::max(), Absent::fault);
        read_items(body, out.items);
        faults_.raise();
        return out;
    }

private:
    enum class Absent { fault, zero };

    void fault(std::string field, const char* code, std::string message) {
        if (noted_++ < kMostFaults) faults_.add(std::move(field), code, std::move(message));
    }

    template <std::size_t N>
    void refuse_others(const Json& object,
                       const std::array<std::string_view, N>& members,
                       const std::string& path) {
        for (const auto& [member, value] : object.items()) {
            if (std::find(members.begin(), members.end(), member) == members.end())
                fault(path + member, "unknown", "there is no such field");
        }
    }

    /// A text, or a whole number as one.
    std::string name(const Json& body, const char* member) {
        const auto value = body.find(member);
        if (value == body.end() || value->is_null()) {
            fault(member, "required", "a value is required");
        } else if (value->is_number_integer()) {
            return value->dump();
        } else if (!value->is_string()) {
            fault(member, "type", std::string("expected text, found ") + value->type_name());
        } else if (const auto& text = value->get_ref<const std::string&>();
                   text.empty() || text.size() > kLongestName) {
            fault(
                member, "length", "expected 1 to 200 bytes, found " + std::to_string(text.size()));
        } else {
            return text;
        }
        return {};
    }

    std::int64_t integer(const Json& object,
                         const std::string& path,
                         const char* member,
                         std::int64_t least,
                         std::int64_t most,
                         Absent absent = Absent::zero) {
        const auto value = object.find(member);
        if (value == object.end() || value->is_null()) {
            if (absent == Absent::fault) fault(path + member, "required", "a value is required");
            return 0;
        }
        const auto number = as_integer(*value);
        if (number && *number >= least && *number <= most) return *number;
        fault(path + member,
              value->is_number() ? "range" : "type",
              "expected an integer from " + std::to_string(least) + " to " + std::to_string(most));
        return 0;
    }

    void read_items(const Json& body, std::vector<CounterItem>& out) {
        const auto items = body.find("items");
        if (items == body.end() || !items->is_array()) {
            fault("items", items == body.end() ? "required" : "type", "expected an array");
            return;
        }
        if (items->size() > kMostItems) {
            fault("items",
                  "length",
                  "expected at most " + std::to_string(kMostItems) + " items, found " +
                      std::to_string(items->size()));
            return;
        }
        out.reserve(items->size());
        for (std::size_t i = 0; i < items->size(); ++i)
            out.push_back(read_item((*items)[i], "items/" + std::to_string(i)));
    }

    CounterItem read_item(const Json& item, std::string path) {
        CounterItem out;
        if (!item.is_object()) {
            fault(path, "type", std::string("expected an object, found ") + item.type_name());
            return out;
        }
        path.push_back('/');
        refuse_others(item, kItemMembers, path);
        out.key_id = integer(item, path, "key_id", 1, std::numeric_limits<std::int64_t>::max());
        out.token_hash = hash(item, path);
        if (has(item, "key_id") == has(item, "token_hash"))
            fault(path + "key_id", "required", "expected one of key_id and token_hash");
        out.requests = integer(item, path, "requests", 0, kMostCounted);
        out.tokens_in = integer(item, path, "tokens_in", 0, kMostCounted);
        out.tokens_out = integer(item, path, "tokens_out", 0, kMostCounted);
        out.last_used_at = moment(item, path);
        return out;
    }

    static bool has(const Json& item, const char* member) {
        const auto value = item.find(member);
        return value != item.end() && !value->is_null();
    }

    /// Any text: one that is no hash names no token, and must not hold up the other items.
    std::string hash(const Json& item, const std::string& path) {
        if (!has(item, "token_hash")) return {};
        const Json& value = item["token_hash"];
        if (value.is_string()) {
            const auto& text = value.get_ref<const std::string&>();
            if (!text.empty() && text.size() <= kLongestName) return text;
        }
        fault(path + "token_hash", "type", "expected the SHA-256 of a token in lower-case hex");
        return {};
    }

    std::int64_t moment(const Json& item, const std::string& path) {
        if (!has(item, "last_used_at")) return 0;
        const Json& value = item["last_used_at"];
        if (value.is_string()) {
            if (const auto time = written_moment(value.get_ref<const std::string&>())) return *time;
        } else if (const auto number = as_integer(value)) {
            if (const auto time = unix_moment(*number)) return *time;
        }
        fault(path + "last_used_at",
              "format",
              "expected a time as RFC 3339, or unix seconds or milliseconds");
        return 0;
    }

    Faults faults_;
    std::size_t noted_ = 0;
};

}  // namespace

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
    return credential::sha256_hex(text);
}

std::optional<std::int64_t> written_moment(std::string_view text) {
    const auto time = parse_time(text);
    if (!time || time->time_since_epoch().count() < 0) return std::nullopt;
    return time->time_since_epoch().count();
}

std::optional<std::int64_t> unix_moment(std::int64_t number) {
    const bool seconds = number < kFirstMillisecond;
    if (number < 0 || number / (seconds ? 1 : 1000) > kLastSecond) return std::nullopt;
    return number * (seconds ? 1'000'000 : 1'000);
}

CounterReport read_report(const Json& body) {
    return Reader().read(body);
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
