#include "counters/report_reader.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "ezapi/base/numbers.hpp"
#include "ezapi/http.hpp"
#include "ezapi/text.hpp"
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

/// Unix microseconds of an RFC 3339 time; nullopt for other texts and for times before 1970.
std::optional<std::int64_t> written_moment(std::string_view text) {
    const auto time = parse_time(text);
    if (!time || time->time_since_epoch().count() < 0) return std::nullopt;
    return time->time_since_epoch().count();
}

/// Each function reads one value, notes its faults and moves past it.
///
/// A fault in the node, the epoch, the sequence or the list refuses the report, because it cannot
/// be determined then whether the report was counted before. A fault in an item affects neither
/// other items nor its own counters: an item without a token is rejected, any other fault is
/// repaired.
class ReportReader {
public:
    explicit ReportReader(std::string_view body) : scanner_(body) {}

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
                    return read_sequence();
                default:
                    return read_items();
            }
        });
        if (!scanner_.at_end()) scanner_.malformed("something follows the report");
        for (const std::size_t twice : twice_)
            fault(kReportMembers[twice], "duplicate", "stands twice");
        for (std::size_t i = 0; i < kReportMembers.size(); ++i) {
            if (!given[i]) fault(kReportMembers[i], "required", "a value is required");
        }
        faults_.raise();
        if (!unknown_.empty()) out_.note_repair(std::nullopt, std::move(unknown_));
        return std::move(out_);
    }

private:
    using Kind = JsonScanner::Kind;

    /// Notes a fault of the report itself.
    void fault(std::string_view member, std::string code, std::string message) {
        faults_.add(std::string(member), std::move(code), std::move(message));
    }

    /// Notes a repaired member of the current item.
    void flaw(std::string_view member) {
        if (flaws_.size() < kMostFlaws &&
            std::find(flaws_.begin(), flaws_.end(), member) == flaws_.end())
            flaws_.emplace_back(member);
    }

    void reject(std::size_t index, const char* code, std::string message) {
        ++out_.rejected_items;
        if (out_.rejected.size() < CounterReport::kMostListed)
            out_.rejected.push_back({index, code, std::move(message)});
    }

    /// Calls `value` with the index in `names` for each member that is not null. Returns the set of
    /// those members; notes duplicate and unknown members.
    template <std::size_t N, class Value>
    std::bitset<N> object(const std::array<std::string_view, N>& names, Value&& value) {
        std::bitset<N> seen;
        std::bitset<N> given;
        std::vector<std::size_t> twice;
        std::vector<std::string> unknown;
        scanner_.object([&](JsonScanner::Text name) {
            const auto known = std::find(names.begin(), names.end(), name.value);
            const auto place = static_cast<std::size_t>(known - names.begin());
            if (known == names.end()) {
                if (unknown.size() < kMostFlaws) unknown.push_back(shown(name));
                scanner_.skip();
            } else if (seen[place]) {
                if (twice.size() < N) twice.push_back(place);
                scanner_.skip();
            } else {
                seen.set(place);
                given[place] = scanner_.kind() != Kind::null;
                given[place] ? value(place) : scanner_.null();
            }
            scanner_.forget();
        });
        twice_ = std::move(twice);
        unknown_ = std::move(unknown);
        return given;
    }

    static std::string shown(const JsonScanner::Text& name) {
        return name.sound ? shortened(std::string(name.value)) : "a field whose name is no text";
    }

    void read_items() {
        if (scanner_.kind() != Kind::array)
            return fault("items", "type", scanner_.wrong_type("an array"));
        std::size_t count = 0;
        scanner_.array([&] { count < kMostItems ? read_item(count) : scanner_.skip(), ++count; });
        if (count > kMostItems) {
            fault("items",
                  "length",
                  "expected at most " + std::to_string(kMostItems) + " items, found " +
                      std::to_string(count));
        }
    }

    void read_item(std::size_t index) {
        if (scanner_.kind() != Kind::object)
            return reject(index, "type", scanner_.wrong_type("an object"));
        CounterItem item;
        item.index = index;
        flaws_.clear();
        object(kItemMembers, [&](std::size_t member) {
            switch (member) {
                case key_id:
                    return read_number("key_id", 1, kMost, item.key_id);
                case token_hash:
                    return read_hash(item.token_hash);
                case requests:
                    return read_number("requests", 0, kMostCounted, item.requests);
                case tokens_in:
                    return read_number("tokens_in", 0, kMostCounted, item.tokens_in);
                case tokens_out:
                    return read_number("tokens_out", 0, kMostCounted, item.tokens_out);
                default:
                    return read_moment(item.last_used_at);
            }
        });
        finish(std::move(item));
    }

    void finish(CounterItem item) {
        for (const std::size_t twice : twice_) {
            if (twice == key_id || twice == token_hash)
                return reject(
                    item.index, "duplicate", std::string(kItemMembers[twice]) + ": stands twice");
            flaw(kItemMembers[twice]);
        }
        for (const std::string& name : unknown_) flaw(name);
        if (item.key_id == 0 && item.token_hash.empty()) {
            std::string why = "key_id: expected one of key_id and token_hash";
            for (const std::string& name : flaws_)
                why += (&name == flaws_.data() ? "; not as expected: " : ", ") + name;
            return reject(item.index, "required", std::move(why));
        }
        if (item.key_id != 0 && !item.token_hash.empty()) {
            item.token_hash.clear();
            flaw("token_hash");
        }
        if (!flaws_.empty()) out_.note_repair(item.index, std::move(flaws_));
        flaws_.clear();
        out_.items.push_back(std::move(item));
    }

    /// Reads a string, or a whole number as a string.
    void read_name(std::string_view member, std::string& out) {
        const Kind kind = scanner_.kind();
        if (kind == Kind::number) {
            const JsonScanner::Text written = scanner_.number();
            const auto number = written.sound ? parse_integer(written.value) : std::nullopt;
            if (number) out = std::to_string(*number);
            if (!number)
                fault(member, "type", wrong_value("text or a whole number", written.value));
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

    void read_sequence() {
        const std::string expected = "an integer from 0 to " + std::to_string(kMost);
        const Kind kind = scanner_.kind();
        if (kind != Kind::number && kind != Kind::string)
            return fault("sequence", "type", scanner_.wrong_type(expected));
        const JsonScanner::Text written =
            kind == Kind::string ? scanner_.string() : scanner_.number();
        const auto number = parse_integer(written.value);
        if (!written.sound) return fault("sequence", "format", kUnsound);
        if (!number || *number < 0)
            return fault("sequence", "range", wrong_value(expected, written.value));
        out_.sequence = *number;
    }

    /// Clamps the number to the range; an id out of range is not accepted.
    void read_number(std::string_view member,
                     std::int64_t least,
                     std::int64_t most,
                     std::int64_t& out) {
        JsonScanner::Text text;
        if (scanner_.kind() == Kind::number) {
            text = scanner_.number();
        } else {
            if (scanner_.kind() != Kind::string && scanner_.kind() != Kind::word) {
                flaw(member);
                return scanner_.skip();
            }
            text = {trim(scanner_.string().value), false};
        }
        const std::string_view written = text.value;
        if (!text.sound) flaw(member);
        if (!text.sound && !is_decimal(written)) return;
        const auto whole = parse_integer(written);
        const Scaled nearest = whole ? Scaled{*whole, true} : scaled(written, 0);
        const bool inside = nearest.value >= least && nearest.value <= most;
        if (!whole || !inside) flaw(member);
        const bool is_id = least > 0;
        if (is_id && (!inside || !nearest.exact)) return;
        out = std::clamp(nearest.value, least, most);
    }

    /// Accepts any text: one that is not a hash names no token, and must not affect the other
    /// items.
    void read_hash(std::string& out) {
        if (scanner_.kind() != Kind::string) {
            flaw("token_hash");
            return scanner_.skip();
        }
        const JsonScanner::Text text = scanner_.string();
        if (text.sound && !text.value.empty() && text.value.size() <= kLongestName)
            out = text.value;
        else
            flaw("token_hash");
    }

    void read_moment(std::int64_t& out) {
        const Kind kind = scanner_.kind();
        std::string_view written;
        std::optional<std::int64_t> time;
        if (kind == Kind::string) {
            written = scanner_.string().value;
            time = written_moment(written);
            if (time || !is_decimal(written)) written = {};
        } else if (kind == Kind::number) {
            const JsonScanner::Text number = scanner_.number();
            if (number.sound || is_decimal(number.value)) written = number.value;
            const auto whole = number.sound ? parse_integer(written) : std::nullopt;
            if (whole) time = unix_moment(*whole);
        } else {
            scanner_.skip();
        }
        if (!time) flaw("last_used_at");
        if (!time && !written.empty()) {
            const auto number = parse_integer(written);
            time = number ? unix_moment(*number) : std::nullopt;
            if (!time) time = other_moment(written);
        }
        out = time.value_or(0);
    }

    static constexpr std::size_t kMostFlaws = 16;  // listed per item

    JsonScanner scanner_;
    CounterReport out_;
    std::vector<std::string> flaws_;    // repaired members of the current item
    std::vector<std::size_t> twice_;    // duplicate members of the last object
    std::vector<std::string> unknown_;  // unknown members of the last object
    Faults faults_;
};

}  // namespace

CounterReport read_report(std::string_view body) {
    return ReportReader(body).read();
}

}  // namespace ezapi::logs
