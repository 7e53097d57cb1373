// Strict reading of JSON. Malformed text, duplicate keys, more than 64 levels, invalid UTF-8 and
// the NUL character are refused with the position and the reason.
//
//     const Json body = parse_json(request.body());   // throws Error, 400
//
// Every JSON number is accepted. One that a double cannot represent is read as the nearest double,
// or as an exact number when JsonLimits::exact_numbers is set. An exact number is neither
// `is_number()` nor a string: test for it with `is_json_number`, write it with `dump_json`.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/base/hex.hpp"
#include "ezapi/decimal.hpp"
#include "ezapi/error.hpp"
#include "ezapi/text.hpp"

namespace ezapi {

using Json = nlohmann::json;

inline constexpr size_t kMaxJsonDepth = 64;

/// Limits of a document, and how its numbers are read.
struct JsonLimits {
    size_t values = std::numeric_limits<size_t>::max();  // how many, at any depth
    bool exact_numbers = false;                          // see the head of this file
    size_t depth = kMaxJsonDepth;
};

/// The maximum length of an exact number, in characters, written without an exponent.
inline constexpr size_t kMaxExactNumber = 1000;

/// A number with all of its digits. `decimal` must not be longer than kMaxExactNumber.
[[nodiscard]] inline Json exact_number(const Decimal& decimal) {
    const std::string text = decimal.plain();
    constexpr std::uint64_t kSubtype = 1;
    return Json::binary({text.begin(), text.end()}, kSubtype);
}

/// JSON text has no binary values, so a binary value is always an exact number.
[[nodiscard]] inline bool is_exact_number(const Json& value) {
    return value.is_binary();
}

/// The digits of an exact number, without an exponent.
[[nodiscard]] inline std::string exact_digits(const Json& value) {
    const auto& bytes = value.get_binary();
    return {bytes.begin(), bytes.end()};
}

[[nodiscard]] inline bool is_json_number(const Json& value) {
    return value.is_number() || is_exact_number(value);
}

/// The JSON type of a value, for messages.
[[nodiscard]] inline const char* json_type(const Json& value) {
    return is_exact_number(value) ? "number" : value.type_name();
}

namespace detail {

/// Whether writing `value` gives the number in `text`. The library does not always write the
/// shortest form: 8e23 becomes 7.999999999999999e+23.
[[nodiscard]] inline bool keeps_digits(double value, std::string_view text) {
    return Decimal(Json(value).dump()) == Decimal(text);
}

/// Builds a document from the parser's events. A function that returns false ends the parse;
/// fault() has the reason.
class StrictJsonBuilder {
public:
    StrictJsonBuilder(Json& root, const JsonLimits& limits) : root_(root), limits_(limits) {}

    [[nodiscard]] const std::string& fault() const { return fault_; }

    /// Whether the text is valid JSON, but contains a number that is too large.
    [[nodiscard]] bool out_of_range() const { return out_of_range_; }

    bool null() { return place(nullptr); }

    bool boolean(bool value) { return place(value); }

    bool number_integer(std::int64_t value) { return place(value); }

    bool number_unsigned(std::uint64_t value) { return place(value); }

    /// Also called for an integer that does not fit into 64 bits.
    bool number_float(double value, const std::string& text) {
        if (!limits_.exact_numbers || keeps_digits(value, text)) return place(value);
        const Decimal exact(text);
        if (exact.plain_size() <= kMaxExactNumber) return place(exact_number(exact));
        out_of_range_ = true;
        return fail("the number " + shortened(text) + " takes more than " +
                    std::to_string(kMaxExactNumber) + " digits when it is written out");
    }

    bool string(std::string& value) {
        if (value.find('\0') != std::string::npos)
            return fail("the character NUL is not allowed in text");
        return place(std::move(value));
    }

    bool binary(Json::binary_t&) { return fail("binary values are not JSON"); }

    bool start_object(size_t) { return open(Json::object()); }

    bool end_object() { return close(); }

    bool start_array(size_t) { return open(Json::array()); }

    bool end_array() { return close(); }

    bool key(std::string& name) {
        if (name.find('\0') != std::string::npos)
            return fail("the character NUL is not allowed in a name");
        if (stack_.back()->contains(name))
            return fail("the name '" + name.substr(0, 80) + "' stands twice in one object");
        key_ = std::move(name);
        return true;
    }

    bool parse_error(size_t position,
                     const std::string& token,
                     const nlohmann::detail::exception& error) {
        constexpr int kNumberOverflow = 406;
        out_of_range_ = error.id == kNumberOverflow;
        fault_ = "at byte " + std::to_string(position) + ": " +
                 (out_of_range_ ? "the number " + shortened(token) + " is larger than 1.8e308"
                                : without_text(without_place(error.what())));
        return false;
    }

private:
    /// "[json.exception.parse_error.101] parse error at line 1, column 3: ..." -> "..."
    static std::string_view without_place(std::string_view text) {
        if (const size_t bracket = text.find("] ");
            text.starts_with('[') && bracket != std::string_view::npos)
            text.remove_prefix(bracket + 2);
        if (const size_t colon = text.find(": ");
            text.starts_with("parse error") && colon != std::string_view::npos)
            text.remove_prefix(colon + 2);
        return text;
    }

    /// Removes the input that the parser quotes, which may be a credential.
    static std::string without_text(std::string_view reason) {
        std::string out(reason);
        const size_t begin = out.find("; last read: '");
        if (begin == std::string::npos) return out;
        const size_t expected = out.find("'; expected ", begin);
        out.erase(begin, expected == std::string::npos ? expected : expected + 1 - begin);
        return out;
    }

    bool fail(std::string reason) {
        fault_ = std::move(reason);
        return false;
    }

    template <class Value>
    bool place(Value&& value) {
        if (!has_room()) return false;
        add(Json(std::forward<Value>(value)));
        return true;
    }

    Json* add(Json&& value) {
        if (stack_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        Json& parent = *stack_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        return &(parent[key_] = std::move(value));
    }

    bool has_room() {
        if (values_++ < limits_.values) return true;
        return fail("more than " + std::to_string(limits_.values) + " values");
    }

    bool open(Json&& value) {
        if (!has_room()) return false;
        if (stack_.size() >= limits_.depth) {
            return fail("nested deeper than " + std::to_string(limits_.depth) + " levels");
        }
        stack_.push_back(add(std::move(value)));
        return true;
    }

    bool close() {
        stack_.pop_back();
        return true;
    }

    Json& root_;
    JsonLimits limits_;
    size_t values_ = 0;
    std::vector<Json*> stack_;
    std::string key_;
    std::string fault_;
    bool out_of_range_ = false;
};

/// Whether the value contains an exact number at any depth.
[[nodiscard]] inline bool holds_exact_number(const Json& value) {
    if (is_exact_number(value)) return true;
    return value.is_structured() && std::any_of(value.begin(), value.end(), [](const Json& member) {
               return holds_exact_number(member);
           });
}

/// By how many characters the numbers grow when they are written without exponents.
[[nodiscard]] inline std::uint64_t hidden_digits(const Json& value) {
    std::uint64_t out = 0;
    if (value.is_number_float()) {
        const std::string text = value.dump();
        const std::uint64_t plain = Decimal(text).plain_size();
        if (text.find('e') != std::string::npos && plain > text.size()) out = plain - text.size();
    } else if (value.is_structured()) {
        for (const Json& member : value) out += hidden_digits(member);
    }
    return out;
}

[[nodiscard]] inline std::string dump_plain(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

inline void append_exact(std::string& out, const Json& value) {
    if (is_exact_number(value)) {
        out += exact_digits(value);
    } else if (value.is_array()) {
        out.push_back('[');
        for (const Json& item : value) {
            if (&item != &value.front()) out.push_back(',');
            append_exact(out, item);
        }
        out.push_back(']');
    } else if (value.is_object()) {
        out.push_back('{');
        for (auto member = value.begin(); member != value.end(); ++member) {
            if (member != value.begin()) out.push_back(',');
            out += dump_plain(member.key());
            out.push_back(':');
            append_exact(out, *member);
        }
        out.push_back('}');
    } else {
        out += dump_plain(value);
    }
}

}  // namespace detail

/// Parses one complete document. Throws a 400 Error with the position and the reason.
[[nodiscard]] inline Json parse_json(std::string_view text, const JsonLimits& limits = {}) {
    Json root;
    detail::StrictJsonBuilder builder(root, limits);
    if (text.empty()) {
        throw Error(EZ_INVALID, "malformed JSON: the body is empty").with_code("malformed_json");
    }
    if (Json::sax_parse(text.begin(), text.end(), &builder)) return root;
    if (builder.out_of_range())
        throw Error(EZ_INVALID, builder.fault()).with_code("number_out_of_range");
    throw Error(EZ_INVALID, "malformed JSON: " + builder.fault()).with_code("malformed_json");
}

/// Parses JSON from the database: keeps all digits of numbers, and does not limit the depth.
[[nodiscard]] inline Json parse_stored(std::string_view text) {
    return parse_json(text, {.exact_numbers = true, .depth = std::numeric_limits<size_t>::max()});
}

/// Serialises a value. Invalid UTF-8, which only old rows can contain, is replaced, so that it does
/// not make a whole list fail.
[[nodiscard]] inline std::string dump_json(const Json& value) {
    if (!detail::holds_exact_number(value)) return detail::dump_plain(value);
    std::string out;
    detail::append_exact(out, value);
    return out;
}

/// The size in bytes of the text that PostgreSQL makes of the value; jsonb writes numbers without
/// exponents.
[[nodiscard]] inline std::uint64_t stored_size(const Json& value) {
    return dump_json(value).size() + detail::hidden_digits(value);
}

/// Appends `text` as a JSON string. The text must be valid UTF-8, as text from PostgreSQL is.
inline void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    size_t plain = 0;
    for (size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        out.append(text, plain, at - plain);
        plain = at + 1;
        switch (byte) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                out += "\\u00";
                out.push_back(kHexDigits[byte >> 4U]);
                out.push_back(kHexDigits[byte & 15U]);
        }
    }
    out.append(text, plain, text.size() - plain);
    out.push_back('"');
}

/// A 64-bit integer; nullopt when the value has another type or does not fit. 3.0 and 3e0 are
/// accepted as 3, but only below 2^53: beyond that a double cannot represent every integer.
[[nodiscard]] inline std::optional<std::int64_t> as_integer(const Json& value) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return std::nullopt;
        return static_cast<std::int64_t>(number);
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_number_float()) return std::nullopt;
    constexpr double kExact = 9007199254740992.0;  // 2^53
    const auto number = value.get<double>();
    if (!(number > -kExact && number < kExact) || number != std::trunc(number)) return std::nullopt;
    return static_cast<std::int64_t>(number);
}

}  // namespace ezapi
