#include "counters/plain_report.hpp"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/time.hpp"
#include "ingest/decimal.hpp"
#include "ingest/json_scanner.hpp"

namespace ezapi::logs {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

/// Each function is false where the value is not plain.
class Reader {
public:
    explicit Reader(std::string_view body) : scanner_(body) {}

    bool report(CounterReport& out) {
        Once node;
        Once epoch;
        Once sequence;
        Once list;
        const bool plain = object([&](std::string_view member) {
            if (member == "node") return node.first() && name(out.node);
            if (member == "epoch") return epoch.first() && name(out.epoch);
            if (member == "sequence") return sequence.first() && integer(0, kMost, out.sequence);
            return member == "items" && list.first() && items(out.items);
        });
        return plain && node.seen && epoch.seen && sequence.seen && list.seen && scanner_.at_end();
    }

private:
    using Kind = JsonScanner::Kind;

    struct Once {
        bool seen = false;

        bool first() { return !std::exchange(seen, true); }
    };

    template <class Member>
    bool object(Member&& member) {
        if (scanner_.kind() != Kind::object) return false;
        scanner_.expect('{');
        if (scanner_.take('}')) return true;
        do {
            if (scanner_.kind() != Kind::string) return false;
            const JsonScanner::Text name = scanner_.string();
            scanner_.expect(':');
            if (!member(name.value)) return false;
        } while (scanner_.take(','));
        return scanner_.take('}');
    }

    bool items(std::vector<CounterItem>& out) {
        if (scanner_.kind() != Kind::array) return false;
        scanner_.expect('[');
        if (scanner_.take(']')) return true;
        do {
            if (out.size() == kMostItems || !item(out.emplace_back())) return false;
        } while (scanner_.take(','));
        return scanner_.take(']');
    }

    bool item(CounterItem& out) {
        Once key_id;
        Once token_hash;
        Once requests;
        Once tokens_in;
        Once tokens_out;
        Once last_used_at;
        const bool plain = object([&](std::string_view member) {
            if (member == "key_id") return key_id.first() && integer(1, kMost, out.key_id);
            if (member == "token_hash") return token_hash.first() && text(out.token_hash);
            if (member == "requests") return requests.first() && counter(out.requests);
            if (member == "tokens_in") return tokens_in.first() && counter(out.tokens_in);
            if (member == "tokens_out") return tokens_out.first() && counter(out.tokens_out);
            return member == "last_used_at" && last_used_at.first() && moment(out.last_used_at);
        });
        return plain && key_id.seen != token_hash.seen;
    }

    bool name(std::string& out) {
        if (scanner_.kind() != Kind::number) return text(out);
        std::int64_t number = 0;
        if (!integer(std::numeric_limits<std::int64_t>::min(), kMost, number)) return false;
        out = std::to_string(number);
        return true;
    }

    bool text(std::string& out) {
        if (scanner_.kind() != Kind::string) return false;
        const JsonScanner::Text text = scanner_.string();
        out = text.value;
        return text.sound && !out.empty() && out.size() <= kLongestName;
    }

    bool counter(std::int64_t& out) { return integer(0, kMostCounted, out); }

    bool integer(std::int64_t least, std::int64_t most, std::int64_t& out) {
        if (scanner_.kind() != Kind::number) return false;
        const auto number = whole_number(scanner_.number());
        if (!number || *number < least || *number > most) return false;
        out = *number;
        return true;
    }

    bool moment(std::int64_t& out) {
        std::optional<std::int64_t> time;
        if (scanner_.kind() == Kind::string) {
            time = written_moment(scanner_.string().value);
        } else if (std::int64_t number = 0; integer(0, kMost, number)) {
            time = unix_moment(number);
        }
        out = time.value_or(0);
        return time.has_value();
    }

    JsonScanner scanner_;
};

}  // namespace

std::optional<CounterReport> read_plain_report(std::string_view body) {
    try {
        CounterReport out;
        if (Reader(body).report(out)) return out;
    } catch (const Error&) {
        // malformed, which read_report's caller finds too and tells
    }
    return std::nullopt;
}

}  // namespace ezapi::logs
