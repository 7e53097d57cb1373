#include "counters/report_reader.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "ezapi/http.hpp"
#include "ezapi/time.hpp"
#include "json/decimal.hpp"
#include "json/json_scanner.hpp"
#include "json/unix_moment.hpp"

namespace ezapi::logs {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

enum ReportMember : std::size_t { node, epoch, sequence, items };

constexpr std::array<std::string_view, 4> kReportMembers{"node", "epoch", "sequence", "items"};

enum ItemMember : std::size_t { key_id, token_hash, requests, tokens_in, tokens_out, last_used_at };

constexpr std::array<std::string_view, 6> kItemMembers{
    "key_id", "token_hash", "requests", "tokens_in", "tokens_out", "last_used_at"};

/// Unix microseconds from RFC 3339; nothing for other texts and for times before 1970.
std::optional<std::int64_t> written_moment(std::string_view text) {
    const auto time = parse_time(text);
    if (!time || time->time_since_epoch().count() < 0) return std::nullopt;
    return time->time_since_epoch().count();
}

/// Each function reads one value, notes what is wrong with it and goes on behind it.
class ReportReader {
public:
    explicit ReportReader(std::string_view body) : scanner_(body) { scanner_.nested(1); }

    CounterReport read() {
        if (scanner_.at_end()) scanner_.malformed("the body is empty");
        if (const Kind kind = scanner_.kind(); kind != Kind::object)
            throw no_object(JsonScanner::name(kind));
        const auto given = object(kReportMembers, [this](std::size_t member) {
            switch (member) {
                case node:
                    return read_name("node", out_.node);
                case epoch:
                    return read_name("epoch", out_.epoch);
                case sequence:
                    return read_integer("sequence", 0, kMost, out_.sequence);
                default:
                    return read_items();
            }
        });
        if (!scanner_.at_end()) scanner_.malformed("something follows the report");
        for (std::size_t i = 0; i < kReportMembers.size(); ++i) {
            if (!given[i]) fault(kReportMembers[i], "required", "a value is required");
        }
        faults_.raise();
        return std::move(out_);
    }

private:
    using Kind = JsonScanner::Kind;

    /// Of a member of the item that is being read, or of the report itself.
    void fault(std::string_view member, std::string code, std::string message) {
        std::string field;
        if (item_) field = "items/" + std::to_string(*item_) + (member.empty() ? "" : "/");
        faults_.add(field.append(member), std::move(code), std::move(message));
    }

    /// Calls `value` with the place in `names` of each member that is not null. Returns which those
    /// were.
    template <std::size_t N, class Value>
    std::bitset<N> object(const std::array<std::string_view, N>& names, Value&& value) {
        std::bitset<N> seen;
        std::bitset<N> given;
        scanner_.object([&](JsonScanner::Text name) {
            const auto known = std::find(names.begin(), names.end(), name.value);
            const auto place = static_cast<std::size_t>(known - names.begin());
            if (known == names.end()) {
                fault(shown(name), "unknown", "there is no such field");
                scanner_.skip();
            } else if (seen[place]) {
                fault(name.value, "duplicate", "stands twice");
                scanner_.skip();
            } else {
                seen.set(place);
                given[place] = scanner_.kind() != Kind::null;
                given[place] ? value(place) : scanner_.null();
            }
            scanner_.forget();
        });
        return given;
    }

    static std::string shown(const JsonScanner::Text& name) {
        return name.sound ? shortened(std::string(name.value)) : "a field whose name is no text";
    }

    void read_items() {
        if (scanner_.kind() != Kind::array)
            return fault("items", "type", scanner_.wrong_type("an array"));
        scanner_.nested(3);
        std::size_t count = 0;
        scanner_.array([&] { count++ < kMostItems ? read_item() : scanner_.skip(); });
        scanner_.nested(1);
        item_.reset();
        if (count > kMostItems) {
            fault("items",
                  "length",
                  "expected at most " + std::to_string(kMostItems) + " items, found " +
                      std::to_string(count));
        }
    }

    void read_item() {
        item_ = out_.items.size();
        CounterItem& item = out_.items.emplace_back();
        if (scanner_.kind() != Kind::object)
            return fault("", "type", scanner_.wrong_type("an object"));
        const auto given = object(kItemMembers, [&](std::size_t member) {
            switch (member) {
                case key_id:
                    return read_integer("key_id", 1, kMost, item.key_id);
                case token_hash:
                    return read_hash(item.token_hash);
                case requests:
                    return read_integer("requests", 0, kMostCounted, item.requests);
                case tokens_in:
                    return read_integer("tokens_in", 0, kMostCounted, item.tokens_in);
                case tokens_out:
                    return read_integer("tokens_out", 0, kMostCounted, item.tokens_out);
                default:
                    return read_moment(item.last_used_at);
            }
        });
        if (given[key_id] == given[token_hash])
            fault("key_id", "required", "expected one of key_id and token_hash");
    }

    /// A text, or a whole number as one.
    void read_name(std::string_view member, std::string& out) {
        const Kind kind = scanner_.kind();
        if (kind == Kind::number) {
            const std::string_view written = scanner_.number();
            const auto number = whole_number(written);
            if (number) out = std::to_string(*number);
            if (!number) fault(member, "type", wrong_value("text or a whole number", written));
        } else if (kind != Kind::string) {
            fault(member, "type", scanner_.wrong_type("text"));
        } else if (const JsonScanner::Text text = scanner_.string(); !text.sound) {
            fault(member, "format", kUnsound);
        } else if (text.value.empty() || text.value.size() > kLongestName) {
            fault(member,
                  "length",
                  "expected 1 to " + std::to_string(kLongestName) + " bytes, found " +
                      std::to_string(text.value.size()));
        } else {
            out = text.value;
        }
    }

    void read_integer(std::string_view member,
                      std::int64_t least,
                      std::int64_t most,
                      std::int64_t& out) {
        const auto expected = [&] {
            return "an integer from " + std::to_string(least) + " to " + std::to_string(most);
        };
        if (scanner_.kind() != Kind::number)
            return fault(member, "type", scanner_.wrong_type(expected()));
        const std::string_view written = scanner_.number();
        const auto number = whole_number(written);
        if (!number || *number < least || *number > most)
            return fault(member, "range", wrong_value(expected(), written));
        out = *number;
    }

    /// Any text: one that is no hash names no token, and must not hold up the other items.
    void read_hash(std::string& out) {
        if (scanner_.kind() == Kind::string) {
            const JsonScanner::Text text = scanner_.string();
            if (text.sound && !text.value.empty() && text.value.size() <= kLongestName) {
                out = text.value;
                return;
            }
        } else {
            scanner_.skip();
        }
        fault("token_hash", "type", "expected the SHA-256 of a token in lower-case hex");
    }

    void read_moment(std::int64_t& out) {
        constexpr const char* kExpected = "a time as RFC 3339, or unix seconds or milliseconds";
        const Kind kind = scanner_.kind();
        JsonScanner::Text written;
        std::optional<std::int64_t> time;
        if (kind == Kind::string) {
            written = scanner_.string();
            time = written_moment(written.value);
        } else if (kind == Kind::number) {
            written.value = scanner_.number();
            if (const auto number = whole_number(written.value)) time = unix_moment(*number);
        } else {
            return fault("last_used_at", "type", scanner_.wrong_type(kExpected));
        }
        if (!written.sound) return fault("last_used_at", "format", kUnsound);
        if (!time) return fault("last_used_at", "format", wrong_value(kExpected, written.value));
        out = *time;
    }

    JsonScanner scanner_;
    CounterReport out_;
    std::optional<std::size_t> item_;  // the place in the list of the item that is being read
    Faults faults_;
};

}  // namespace

CounterReport read_report(std::string_view body) {
    return ReportReader(body).read();
}

}  // namespace ezapi::logs
