#include "ingest/record_reader.hpp"

#include <arpa/inet.h>

#include <limits>

#include "ezapi/time.hpp"
#include "json/decimal.hpp"
#include "json/unix_moment.hpp"

namespace ezapi::logs {
namespace {

// Such that sums over any number of records that a database holds stay within 64 bits.
constexpr std::int64_t kMostTokens = 1'000'000'000;
constexpr std::int64_t kMostCost = 1'000;
constexpr std::int64_t kBillion = 1'000'000'000;
constexpr std::int64_t kMostMs = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMostId = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLatestMs = 253'402'300'799'999;  // the end of the year 9999
constexpr std::int64_t kAheadUs = 86'400'000'000;  // clocks differ, but not by more than a day
constexpr const char* kTime = "a time like 2026-01-02T03:04:05Z";

enum class Type { id, whole, cost, boolean, text, address, time };

/// An address as text; an empty one is none.
bool is_address(std::string_view text) {
    char copy[INET6_ADDRSTRLEN + 1] = {};
    if (text.size() >= sizeof copy) return false;
    text.copy(copy, text.size());
    unsigned char bytes[sizeof(in6_addr)];
    return text.empty() || inet_pton(AF_INET, copy, bytes) == 1 ||
           inet_pton(AF_INET6, copy, bytes) == 1;
}

std::string range(std::int64_t least, std::int64_t most) {
    return std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

struct RecordReader::Field {
    std::string_view name;
    Type type;
    std::int64_t least = 0;
    std::int64_t most = 0;  // of a number; of a text its bytes
    std::int64_t Record::*number = nullptr;
    std::string_view Record::*text = nullptr;
};

const std::array<RecordReader::Field, RecordReader::kCount> RecordReader::kFields = {{
    {"request_id", Type::text, 1, 200, nullptr, &Record::request_id},
    {"master_id", Type::id, 1, kMostId, &Record::master_id, nullptr},
    {"key_id", Type::id, 1, kMostId, &Record::key_id, nullptr},
    {"group", Type::text, 0, 255, nullptr, &Record::group},
    {"namespace", Type::text, 0, 255, nullptr, &Record::name_space},
    {"model", Type::text, 0, 255, nullptr, &Record::model},
    {"upstream_model", Type::text, 0, 255, nullptr, &Record::upstream_model},
    {"provider_group_id", Type::id, 1, kMostId, &Record::provider_group_id, nullptr},
    {"provider_id", Type::id, 1, kMostId, &Record::provider_id, nullptr},
    {"provider_type", Type::text, 0, 255, nullptr, &Record::provider_type},
    {"status_code", Type::whole, 100, 599, nullptr, nullptr},
    {"latency_ms", Type::whole, 0, kMostMs, nullptr, nullptr},
    {"first_token_ms", Type::whole, 0, kMostMs, nullptr, nullptr},
    {"tokens_in", Type::whole, 0, kMostTokens, &Record::tokens_in, nullptr},
    {"tokens_out", Type::whole, 0, kMostTokens, &Record::tokens_out, nullptr},
    {"cached_tokens", Type::whole, 0, kMostTokens, &Record::cached_tokens, nullptr},
    {"cost", Type::cost, 0, kMostCost, &Record::cost_nano, nullptr},
    {"stream", Type::boolean, 0, 0, nullptr, nullptr},
    {"error", Type::text, 0, 8192, nullptr, &Record::error},
    {"client_ip", Type::address, 0, INET6_ADDRSTRLEN, nullptr, &Record::client_ip},
    {"created_at", Type::time, 0, kLatestMs, nullptr, nullptr},
}};

RecordReader::RecordReader(std::int64_t now_us) : now_us_(now_us) {
    for (size_t i = 0; i + 1 < kCount; ++i) follower_[i] = i + 1;
}

std::optional<Refusal> RecordReader::read(JsonScanner& scanner, Record& record) {
    record = {};
    record.created_us = now_us_;
    refusal_.reset();
    seen_ = 0;
    last_ = kCount;
    if (scanner.kind() != JsonScanner::Kind::object)
        return Refusal{0, "type", scanner.wrong_type("an object")};
    scanner.object([&](JsonScanner::Text name) { member(scanner, name, record); });
    if (!refusal_ && record.request_id.empty()) refuse("request_id", "required", "is required");
    return std::move(refusal_);
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
        scanner.skip();
        const bool shown = name.sound && name.value.size() <= 80;
        return refuse(shown ? name.value : "a field", "unknown", "no such field");
    }
    const std::uint32_t bit = 1U << index;
    if ((seen_ & bit) != 0) {
        scanner.skip();
        return refuse(kFields[index].name, "duplicate", "stands twice in the record");
    }
    seen_ |= bit;
    value(scanner, kFields[index], record);
    follower_[last_] = index;
    last_ = index;
}

void RecordReader::value(JsonScanner& scanner, const Field& field, Record& record) {
    using Kind = JsonScanner::Kind;
    const Kind kind = scanner.kind();
    const bool is_text = field.type == Type::text || field.type == Type::address;
    if (kind == Kind::null) return scanner.null();  // as if it were not there
    if (kind == Kind::string && (is_text || field.type == Type::time))
        return text(scanner.string(), field, record);
    if (kind == Kind::number && !is_text && field.type != Type::boolean)
        return number(scanner.number(), field, record);
    if (kind == Kind::boolean && field.type == Type::boolean) {
        record.stream = scanner.boolean();
        return;
    }
    const std::string_view expected = field.type == Type::boolean ? "true or false"
                                      : field.type == Type::time  ? kTime
                                      : is_text                   ? "a text"
                                                                  : "a number";
    refuse(field.name, "type", scanner.wrong_type(expected));
}

void RecordReader::number(std::string_view written, const Field& field, Record& record) {
    if (field.type == Type::cost) {
        const auto cost = in_billionths(written);
        if (!cost || *cost < 0 || *cost > field.most * kBillion)
            return refuse(
                field.name, "range", wrong_value(range(field.least, field.most), written));
        record.cost_nano = *cost;
        return;
    }
    const auto value = whole_number(written);
    if (!value && written.find_first_of(".eE") != std::string_view::npos)
        return refuse(field.name, "type", wrong_value("a whole number", written));
    if (!value || *value < field.least || *value > field.most)
        return refuse(field.name, "range", wrong_value(range(field.least, field.most), written));
    if (field.number != nullptr)
        record.*field.number = *value;
    else if (field.name == "status_code")
        record.status_code = static_cast<std::int16_t>(*value);
    else if (field.name == "latency_ms")
        record.latency_ms = static_cast<std::int32_t>(*value);
    else if (field.name == "first_token_ms")
        record.first_token_ms = static_cast<std::int32_t>(*value);
    else
        time(unix_moment(*value).value_or(-1), written, field, record);
}

/// A record from the future would outlive every retention and set the bounds of partitions.
void RecordReader::time(std::int64_t unix_us,
                        std::string_view written,
                        const Field& field,
                        Record& record) {
    record.created_us = unix_us;
    if (unix_us < 0)
        return refuse(field.name, "range", wrong_value("a time between 1970 and 9999", written));
    if (unix_us <= now_us_ + kAheadUs) return;
    const Timestamp latest{std::chrono::microseconds(now_us_ + kAheadUs)};
    refuse(field.name,
           "range",
           wrong_value("at most 24 hours after the arrival, thus up to " + format_time(latest),
                       written));
}

void RecordReader::text(JsonScanner::Text text, const Field& field, Record& record) {
    if (!text.sound) return refuse(field.name, "format", kUnsound);
    if (field.type == Type::time) {
        const auto time = parse_time(text.value);
        if (!time) return refuse(field.name, "format", wrong_value(kTime, text.value));
        return this->time(time->time_since_epoch().count(), text.value, field, record);
    }
    const auto size = static_cast<std::int64_t>(text.value.size());
    if (size < field.least || size > field.most) {
        return refuse(
            field.name,
            "length",
            "expected " + range(field.least, field.most) + " bytes, found " + std::to_string(size));
    }
    if (field.type == Type::address && !is_address(text.value))
        return refuse(field.name, "format", wrong_value("an IPv4 or IPv6 address", text.value));
    record.*field.text = text.value;
}

void RecordReader::refuse(std::string_view field, std::string_view code, std::string_view why) {
    if (refusal_) return;
    refusal_ = Refusal{0, std::string(code), std::string(field) + ": " + std::string(why)};
}

}  // namespace ezapi::logs
