// Reads one record of a body, an object of the fields that api.md names: into a Record when it is
// good, into the first reason why not otherwise. Only what is no JSON throws.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/json_scanner.hpp"
#include "rows/record.hpp"

namespace ezapi::logs {

/// Why a record was refused; `code` as in the `errors` of a problem.
struct Refusal {
    size_t index = 0;
    std::string code;
    std::string message;
};

class RecordReader {
public:
    /// `now_us`: the time of arrival in microseconds since 1970, which records have that tell none
    /// and that no record may be more than 24 hours ahead of.
    explicit RecordReader(std::int64_t now_us);

    /// Past one value. The record's texts are valid until the scanner forgets them.
    [[nodiscard]] std::optional<Refusal> read(JsonScanner& scanner, Record& record);

private:
    struct Field;
    static constexpr size_t kCount = 21;
    static const std::array<Field, kCount> kFields;

    void member(JsonScanner& scanner, JsonScanner::Text name, Record& record);
    void value(JsonScanner& scanner, const Field& field, Record& record);
    void number(std::string_view written, const Field& field, Record& record);
    void text(JsonScanner::Text text, const Field& field, Record& record);
    void time(std::int64_t unix_us, std::string_view written, const Field& field, Record& record);
    void refuse(std::string_view field, std::string_view code, std::string_view why);
    [[nodiscard]] size_t find(std::string_view name) const;

    std::int64_t now_us_;
    // The field that followed each one last time, as records of a body look alike; behind them all
    // the one that a record begins with.
    std::array<size_t, kCount + 1> follower_{};
    size_t last_ = kCount;
    std::uint32_t seen_ = 0;
    std::optional<Refusal> refusal_;
};

}  // namespace ezapi::logs
