// Parses one record of a body, an object with the fields documented in api.md, into a Record.
//
// A record is refused only when it cannot be attributed or counted exactly once: it is not an
// object, has no request_id, or has two values for an id that it is attributed by. Every other
// fault is repaired: a text is truncated at its limit, bytes that are not UTF-8 become U+FFFD, a
// number out of range is clamped, a number written as a string is parsed, and meaningless values
// are dropped. Only text that is not JSON throws.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/error.hpp"
#include "json/json_scanner.hpp"
#include "rows/record.hpp"

namespace ezapi::logs {

/// Why a record was refused: `code` as in the `errors` of a problem document, and `message` with
/// the field, for the fault that decided; `faults`: everything that is wrong, up to kMostFaults.
struct Refusal {
    size_t index = 0;
    std::string code;
    std::string message;
    std::vector<FieldFault> faults = {};
};

/// The fields of a stored record whose values differ from what was sent.
struct Repair {
    size_t index = 0;
    std::uint32_t fields = 0;               // one bit per name in RecordReader::names()
    std::vector<std::string> unknown = {};  // names that are not fields
};

class RecordReader {
public:
    static constexpr size_t kCount = 21;       // number of fields
    static constexpr size_t kMostFaults = 32;  // reported per record

    /// `now_us`: the time of arrival in microseconds since 1970. Records without a time get it, and
    /// no record may be more than 24 hours ahead of it.
    explicit RecordReader(std::int64_t now_us);

    /// Reads one value and moves past it. The texts of the record are valid until the scanner's
    /// forget() or the next call.
    [[nodiscard]] std::optional<Refusal> read(JsonScanner& scanner, Record& record);

    /// The repairs of the record that was read last.
    [[nodiscard]] const Repair& repair() const { return repair_; }

    [[nodiscard]] bool repaired() const { return repair_.fields != 0 || !repair_.unknown.empty(); }

    /// The field names, in the order of the bits of a Repair.
    [[nodiscard]] static const std::array<std::string_view, kCount>& names();

private:
    struct Field;
    static const std::array<Field, kCount> kFields;

    void member(JsonScanner& scanner, JsonScanner::Text name, Record& record);
    void value(JsonScanner& scanner, const Field& field, Record& record);
    void other_type(JsonScanner& scanner, const Field& field, Record& record);
    void number(std::string_view written, const Field& field, Record& record);
    void whole(std::int64_t value, std::string_view written, const Field& field, Record& record);
    void cost(std::string_view written, const Field& field, Record& record);
    void text(JsonScanner::Text text, const Field& field, Record& record);
    void number_as_text(std::string_view text, const Field& field, Record& record);
    void text_field(JsonScanner::Text text, const Field& field, Record& record);
    void request_id(JsonScanner::Text text, const Field& field, Record& record);
    void address(JsonScanner::Text text, const Field& field, Record& record);
    void time_text(JsonScanner::Text text, const Field& field, Record& record);
    void time_number(std::string_view written, const Field& field, Record& record);
    void time(std::int64_t unix_us, std::string_view written, const Field& field, Record& record);
    void flaw(const Field& field, const char* code, std::string why);
    void fatal(const Field& field, const char* code, std::string why);
    void note(std::string_view name, const char* code, std::string why);
    [[nodiscard]] std::string_view keep(std::string text);
    [[nodiscard]] size_t find(std::string_view name) const;
    [[nodiscard]] Refusal refusal();

    std::int64_t now_us_;
    // For each field, the field that followed it in the previous record, as records of a body look
    // alike. The last element is the field that a record begins with.
    std::array<size_t, kCount + 1> follower_{};
    size_t last_ = kCount;
    std::uint32_t seen_ = 0;
    Repair repair_;
    std::vector<FieldFault> faults_;
    std::optional<size_t> fatal_;   // first fault that the record is refused for
    std::deque<std::string> kept_;  // texts of the record that are not in the body
};

}  // namespace ezapi::logs
