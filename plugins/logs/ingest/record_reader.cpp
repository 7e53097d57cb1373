#include "ingest/record_reader.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <limits>

#include "ezapi/base/numbers.hpp"
#include "ezapi/credential.hpp"
#include "ezapi/network.hpp"
#include "ezapi/range.hpp"
#include "ezapi/text.hpp"
#include "ezapi/time.hpp"
#include "json/decimal.hpp"
#include "json/unix_moment.hpp"

namespace ezapi::logs {
namespace {

constexpr std::int64_t kMostTokens = 1'000'000'000;
constexpr std::int64_t kMostCost = 1'000'000'000;  // large enough for any currency or credit
constexpr std::int64_t kBillion = 1'000'000'000;
constexpr std::int64_t kMostMs = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMostId = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kAheadUs = 86'400'000'000;  // clocks differ by less than a day
constexpr const char* kTime = "a time like 2026-01-02T03:04:05Z";
constexpr size_t kMostShownName = 80;

// For values that are not an HTTP status. 499: the client closed the connection before there was a
// status (introduced by nginx). 599 for others: clients treat an unknown 5xx code as a server error
// (RFC 9110, section 15).
constexpr std::int16_t kClientClosed = 499;
constexpr std::int16_t kNoStatus = 599;

enum class Type {
    request_id,
    text,
    error,
    id,
    tokens,
    latency,
    first_token,
    status,
    cost,
    boolean,
    address,
    time
};

bool is_text(Type type) {
    return type == Type::request_id || type == Type::text || type == Type::error ||
           type == Type::address;
}

const char* expected_of(Type type) {
    if (type == Type::boolean) return "true or false";
    if (type == Type::time) return kTime;
    return is_text(type) ? "a text" : "a number";
}

std::string range(std::int64_t least, std::int64_t most) {
    return std::to_string(least) + " to " + std::to_string(most);
}

/// The first `most` characters.
std::string_view cut(std::string_view text, size_t most) {
    size_t at = 0;
    for (; at < text.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
        if (begins && most-- == 0) break;
    }
    return text.substr(0, at);
}

std::string text_length(std::int64_t least, std::int64_t most, size_t found) {
    return "expected " + range(least, most) + " characters, found " + std::to_string(found);
}

}  // namespace

struct RecordReader::Field {
    std::string_view name;
    Type type;
    std::int64_t least = 0;
    std::int64_t most = 0;  // of a number; of a text in characters
    std::int64_t Record::*number = nullptr;
    std::string_view Record::*text = nullptr;
    bool attributes = false;  // names the owner: two different values are refused

    [[nodiscard]] size_t place() const { return static_cast<size_t>(this - kFields.data()); }
};

// Text limits are at least those of the resources that the texts name.
const std::array<RecordReader::Field, RecordReader::kCount> RecordReader::kFields = {{
    {"request_id", Type::request_id, 1, 200, nullptr, &Record::request_id, true},
    {"master_id", Type::id, 1, kMostId, &Record::master_id, nullptr, true},
    {"key_id", Type::id, 1, kMostId, &Record::key_id, nullptr, true},
    {"group", Type::text, 0, 255, nullptr, &Record::group},
    {"namespace", Type::text, 0, 255, nullptr, &Record::name_space},
    {"model", Type::text, 0, 512, nullptr, &Record::model},
    {"upstream_model", Type::text, 0, 512, nullptr, &Record::upstream_model},
    {"provider_group_id", Type::id, 1, kMostId, &Record::provider_group_id, nullptr},
    {"provider_id", Type::id, 1, kMostId, &Record::provider_id, nullptr},
    {"provider_type", Type::text, 0, 255, nullptr, &Record::provider_type},
    {"status_code", Type::status, 100, 599, nullptr, nullptr},
    {"latency_ms", Type::latency, 0, kMostMs, nullptr, nullptr},
    {"first_token_ms", Type::first_token, 0, kMostMs, nullptr, nullptr},
    {"tokens_in", Type::tokens, 0, kMostTokens, &Record::tokens_in, nullptr},
    {"tokens_out", Type::tokens, 0, kMostTokens, &Record::tokens_out, nullptr},
    {"cached_tokens", Type::tokens, 0, kMostTokens, &Record::cached_tokens, nullptr},
    {"cost", Type::cost, 0, kMostCost, &Record::cost_nano, nullptr},
    {"stream", Type::boolean, 0, 0, nullptr, nullptr},
    {"error", Type::error, 0, 8192, nullptr, &Record::error},
    {"client_ip", Type::address, 0, 0, nullptr, &Record::client_ip},
    {"created_at", Type::time, 0, 0, nullptr, nullptr},
}};

const std::array<std::string_view, RecordReader::kCount>& RecordReader::names() {
    static const auto all = [] {
        std::array<std::string_view, kCount> out;
        std::transform(kFields.begin(), kFields.end(), out.begin(), [](const Field& field) {
            return field.name;
        });
        return out;
    }();
    return all;
}

RecordReader::RecordReader(std::int64_t now_us) : now_us_(now_us) {
    for (size_t i = 0; i + 1 < kCount; ++i) follower_[i] = i + 1;
}

std::optional<Refusal> RecordReader::read(JsonScanner& scanner, Record& record) {
    record = {};
    record.created_us = now_us_;
    repair_.fields = 0;
    repair_.unknown.clear();
    faults_.clear();
    fatal_.reset();
    kept_.clear();
    seen_ = 0;
    last_ = kCount;
    if (scanner.kind() != JsonScanner::Kind::object)
        return Refusal{0, "type", scanner.wrong_type("an object")};
    scanner.object([&](JsonScanner::Text name) { member(scanner, name, record); });
    if (!fatal_ && record.request_id.empty()) fatal(kFields.front(), "required", "is required");
    if (!fatal_) return std::nullopt;
    return refusal();
}

Refusal RecordReader::refusal() {
    const FieldFault& first = faults_[*fatal_];
    return {0, first.code, first.field + ": " + first.message, std::move(faults_)};
}

size_t RecordReader::find(std::string_view name) const {
    if (kFields[follower_[last_]].name == name) return follower_[last_];
    for (size_t i = 0; i < kFields.size(); ++i) {
        if (kFields[i].name == name) return i;
    }
    return kFields.size();
}

void RecordReader::member(JsonScanner& scanner, JsonScanner::Text name, Record& record) {
    const size_t index = find(name.value);
    if (index == kFields.size()) {
        std::string shown = name.sound ? shortened(std::string(name.value), kMostShownName)
                                       : mended_text(name.value.substr(0, kMostShownName));
        scanner.skip();
        note(shown, "unknown", "no such field");
        if (repair_.unknown.size() < kMostFaults) repair_.unknown.push_back(std::move(shown));
        return;
    }
    const Field& field = kFields[index];
    const std::uint32_t bit = 1U << index;
    if ((seen_ & bit) != 0) {
        scanner.skip();
        if (field.attributes) return fatal(field, "duplicate", "stands twice in the record");
        return flaw(field, "duplicate", "stands twice in the record");
    }
    seen_ |= bit;
    value(scanner, field, record);
    follower_[last_] = index;
    last_ = index;
}

void RecordReader::value(JsonScanner& scanner, const Field& field, Record& record) {
    using Kind = JsonScanner::Kind;
    const Kind kind = scanner.kind();
    if (kind == Kind::null) return scanner.null();  // as if absent
    if (kind == Kind::string || kind == Kind::word) return text(scanner.string(), field, record);
    if (kind == Kind::number && !is_text(field.type) && field.type != Type::boolean) {
        const JsonScanner::Text written = scanner.number();
        return written.sound ? number(written.value, field, record) : text(written, field, record);
    }
    if (kind == Kind::boolean && field.type == Type::boolean) {
        record.stream = scanner.boolean();
        return;
    }
    other_type(scanner, field, record);
}

/// Converts a value of a wrong type when that is unambiguous, and drops it otherwise.
void RecordReader::other_type(JsonScanner& scanner, const Field& field, Record& record) {
    using Kind = JsonScanner::Kind;
    const Kind kind = scanner.kind();
    const std::string_view raw = scanner.raw();
    std::string why =
        std::string("expected ") + expected_of(field.type) + ", found " + JsonScanner::name(kind);
    const bool nested = kind == Kind::object || kind == Kind::array;
    if (field.type == Type::request_id && kind != Kind::number)
        return fatal(field, "type", std::move(why));
    flaw(field, "type", std::move(why));
    if (field.type == Type::status) record.status_code = kNoStatus;
    if (field.type == Type::boolean) record.stream = kind == Kind::number && raw == "1";
    if (field.type == Type::request_id || (field.type == Type::text && kind == Kind::number) ||
        (field.type == Type::error && (nested || kind == Kind::number)))
        text_field({raw, sound_text(raw)}, field, record);
}

void RecordReader::number(std::string_view written, const Field& field, Record& record) {
    if (field.type == Type::cost) return cost(written, field, record);
    if (field.type == Type::time) return time_number(written, field, record);
    if (const auto value = parse_integer(written)) return whole(*value, written, field, record);
    const Scaled nearest = scaled(written, 0);
    if (nearest.value != kMostId && nearest.value != -kMostId)
        flaw(field, "type", wrong_value("a whole number", written));
    // An id is not clamped: the nearest number is a different id.
    if (field.type == Type::id && !nearest.exact)
        return flaw(field, "range", wrong_value(range(field.least, field.most), written));
    whole(nearest.value, written, field, record);
}

void RecordReader::whole(std::int64_t value,
                         std::string_view written,
                         const Field& field,
                         Record& record) {
    const bool sound = value >= field.least && value <= field.most;
    if (!sound) flaw(field, "range", wrong_value(range(field.least, field.most), written));
    const std::int64_t nearest = std::clamp(value, field.least, field.most);
    switch (field.type) {
        case Type::id:
            record.*field.number = sound ? value : 0;
            break;
        case Type::status:
            record.status_code = sound        ? static_cast<std::int16_t>(value)
                                 : value == 0 ? kClientClosed
                                              : kNoStatus;
            break;
        case Type::latency:
            record.latency_ms = static_cast<std::int32_t>(nearest);
            break;
        case Type::first_token:
            if (value >= 0) record.first_token_ms = static_cast<std::int32_t>(nearest);
            break;
        default:
            record.*field.number = nearest;
    }
}

void RecordReader::cost(std::string_view written, const Field& field, Record& record) {
    const Scaled cost = in_billionths(written);
    const std::int64_t most = field.most * kBillion;
    if (cost.value < 0 || cost.value > most)
        flaw(field, "range", wrong_value(range(field.least, field.most), written));
    else if (!cost.exact)
        repair_.fields |= 1U << field.place();  // common for computed costs: without a message
    record.cost_nano = std::clamp<std::int64_t>(cost.value, 0, most);
}

void RecordReader::text(JsonScanner::Text text, const Field& field, Record& record) {
    switch (field.type) {
        case Type::request_id:
            return request_id(text, field, record);
        case Type::text:
        case Type::error:
            return text_field(text, field, record);
        case Type::address:
            return address(text, field, record);
        case Type::time:
            return time_text(text, field, record);
        default:
            return number_as_text(trim(text.value), field, record);
    }
}

/// For fields that are numbers or booleans.
void RecordReader::number_as_text(std::string_view text, const Field& field, Record& record) {
    flaw(field, "type", std::string("expected ") + expected_of(field.type) + ", found string");
    if (field.type == Type::boolean)
        record.stream = text == "true" || text == "1";
    else if (is_decimal(text))
        number(text, field, record);
    else if (field.type == Type::status)
        record.status_code = kNoStatus;
}

void RecordReader::text_field(JsonScanner::Text text, const Field& field, Record& record) {
    if (field.type == Type::request_id) return request_id(text, field, record);
    std::string_view value = text.value;
    if (!text.sound) {
        flaw(field, "format", kUnsound);
        // Each byte becomes at most one character.
        value = keep(mended_text(value.substr(0, static_cast<size_t>(field.most) * 4)));
    }
    const auto most = static_cast<size_t>(field.most);
    if (value.size() > most) {
        const std::string_view within = cut(value, most);
        if (within.size() < value.size())
            flaw(field, "length", text_length(field.least, field.most, characters(value)));
        value = within;
    }
    record.*field.text = value;
}

/// Shortens an id that cannot be stored as it is to its beginning and a hash of the whole, so that
/// it remains unique and stable across repetitions.
void RecordReader::request_id(JsonScanner::Text text, const Field& field, Record& record) {
    constexpr size_t kBeginning = 135;
    if (text.value.empty()) return fatal(field, "length", text_length(1, field.most, 0));
    const auto most = static_cast<size_t>(field.most);
    const bool fits = text.value.size() <= most || characters(text.value) <= most;
    record.request_id = text.value;
    if (text.sound && fits) return;
    if (!text.sound) flaw(field, "format", kUnsound);
    if (!fits) flaw(field, "length", text_length(1, field.most, characters(text.value)));
    std::string id(cut(mended_text(text.value.substr(0, most * 4)), kBeginning));
    record.request_id = keep(id + "~" + sha256_hex(text.value));
}

/// Stores the canonical form, in which addresses are searched. A valid IPv4 address is already
/// canonical.
void RecordReader::address(JsonScanner::Text text, const Field& field, Record& record) {
    char copy[INET_ADDRSTRLEN] = {};
    unsigned char bytes[sizeof(in_addr)];
    if (text.value.empty()) return;
    if (text.sound && text.value.size() < sizeof copy) {
        text.value.copy(copy, text.value.size());
        if (inet_pton(AF_INET, copy, bytes) == 1) {
            record.client_ip = text.value;
            return;
        }
    }
    const auto endpoint = text.sound ? parse_endpoint(trim(text.value)) : std::nullopt;
    if (!endpoint || endpoint->port || !Address::parse(text.value))
        flaw(field,
             "format",
             text.sound ? wrong_value("an IPv4 or IPv6 address", text.value) : kUnsound);
    if (endpoint) record.client_ip = keep(endpoint->address.text());
}

void RecordReader::time_text(JsonScanner::Text text, const Field& field, Record& record) {
    if (const auto time = parse_time(text.value))
        return this->time(time->time_since_epoch().count(), text.value, field, record);
    if (!text.sound) return flaw(field, "format", kUnsound);
    flaw(field, "format", wrong_value(kTime, text.value));
    const std::string_view trimmed = trim(text.value);
    if (is_decimal(trimmed)) return time_number(trimmed, field, record);
    if (trimmed.size() != std::string_view("2026-01-02").size()) return;
    if (const auto day = parse_time(std::string(trimmed) + "T00:00:00Z"))
        this->time(day->time_since_epoch().count(), text.value, field, record);
}

void RecordReader::time_number(std::string_view written, const Field& field, Record& record) {
    const auto value = parse_integer(written);
    const auto usual = value ? unix_moment(*value) : std::nullopt;
    if (usual) return time(*usual, written, field, record);
    const auto other = other_moment(written);
    if (other) flaw(field, "format", wrong_value(kTime, written));
    time(other.value_or(-1), written, field, record);
}

/// Refuses times in the future: such a record would outlive every retention and affect the bounds
/// of partitions.
void RecordReader::time(std::int64_t unix_us,
                        std::string_view written,
                        const Field& field,
                        Record& record) {
    // Zero, or a number with another meaning, such as 20260102.
    if (unix_us < kFirstUnixTime * 1'000'000)
        return flaw(field, "range", wrong_value("a time after March 1973", written));
    if (unix_us > now_us_ + kAheadUs) {
        const Timestamp latest{std::chrono::microseconds(now_us_ + kAheadUs)};
        return flaw(
            field,
            "range",
            wrong_value("at most 24 hours after the arrival, thus up to " + format_time(latest),
                        written));
    }
    record.created_us = unix_us;
    record.timed = true;
}

void RecordReader::flaw(const Field& field, const char* code, std::string why) {
    const std::uint32_t bit = 1U << field.place();
    if ((repair_.fields & bit) != 0) return;  // only the first flaw of a field is noted
    repair_.fields |= bit;
    note(field.name, code, std::move(why));
}

void RecordReader::fatal(const Field& field, const char* code, std::string why) {
    if (!fatal_ && faults_.size() == kMostFaults) faults_.pop_back();
    note(field.name, code, std::move(why));
    if (!fatal_) fatal_ = faults_.size() - 1;
}

void RecordReader::note(std::string_view name, const char* code, std::string why) {
    if (faults_.size() < kMostFaults) faults_.push_back({std::string(name), code, std::move(why)});
}

std::string_view RecordReader::keep(std::string text) {
    return kept_.emplace_back(std::move(text));
}

}  // namespace ezapi::logs
