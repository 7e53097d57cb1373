// JSON from outside, read strictly: malformed text, duplicate keys, more than 64 levels, invalid
// UTF-8 and the NUL character are refused with the place and the reason, before anything is built
// from them.
//
//     const Json body = parse_json(request.body());   // throws Error, 400
//
// nlohmann/json converts silently between number types and keeps the last of duplicate keys;
// nothing here does.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/text.hpp"

namespace ezapi {

using Json = nlohmann::json;

inline constexpr size_t kMaxJsonDepth = 64;

/// What a document may hold besides being well-formed.
struct JsonLimits {
    size_t values = std::numeric_limits<size_t>::max();  // at any depth
    bool exact_numbers = false;  // refuses decimals of which a double loses digits
};

namespace detail {

/// A decimal number as its significant digits and the power of ten of the last one.
struct Decimal {
    std::string digits;
    std::int64_t exponent = 0;

    explicit Decimal(std::string_view text) {
        size_t at = text.starts_with('-') ? 1 : 0;
        bool behind_point = false;
        for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
            if (text[at] == '.') {
                behind_point = true;
                continue;
            }
            if (behind_point) --exponent;
            if (!digits.empty() || text[at] != '0') digits.push_back(text[at]);
        }
        while (!digits.empty() && digits.back() == '0') {
            digits.pop_back();
            ++exponent;
        }
        if (digits.empty()) {
            exponent = 0;
        } else if (at < text.size()) {
            exponent += power(text.substr(at + 1));
        }
    }

    bool operator==(const Decimal&) const = default;

private:
    static std::int64_t power(std::string_view text) {
        if (text.starts_with('+')) text.remove_prefix(1);
        std::int32_t value = 0;  // what does not fit is no double either
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    }
};

/// Whether the double that was read from `text` says the same when it is written again.
[[nodiscard]] inline bool keeps_digits(double value, std::string_view text) {
    char written[32];
    const auto end = std::to_chars(written, written + sizeof written, value).ptr;
    return Decimal({written, static_cast<size_t>(end - written)}) == Decimal(text);
}

/// Builds a document from the parser's events; returning false ends the parse with `fault`.
class StrictJsonBuilder {
public:
    StrictJsonBuilder(Json& root, const JsonLimits& limits) : root_(root), limits_(limits) {}

    [[nodiscard]] const std::string& fault() const { return fault_; }

    bool null() { return place(nullptr); }

    bool boolean(bool value) { return place(value); }

    bool number_integer(std::int64_t value) { return place(value); }

    bool number_unsigned(std::uint64_t value) { return place(value); }

    bool number_float(double value, const std::string& text) {
        // An integer too large for 64 bits arrives here as a double that has lost digits.
        if (text.find_first_of(".eE") == std::string::npos) {
            return fail("the number " + text.substr(0, 40) + " does not fit 64 bits");
        }
        if (limits_.exact_numbers && !keeps_digits(value, text))
            return fail("the number " + shortened(text) + " has more digits than are kept");
        return place(value);
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
        fault_ = "at byte " + std::to_string(position) + ": " +
                 (error.id == kNumberOverflow
                      ? "the number " + shortened(token) + " does not fit a double"
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

    /// The parser quotes what it read last, which may be a credential.
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
        if (stack_.size() >= kMaxJsonDepth) {
            return fail("nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
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
};

}  // namespace detail

/// Parses one whole document; throws a 400 Error that names the place and the reason.
[[nodiscard]] inline Json parse_json(std::string_view text, const JsonLimits& limits = {}) {
    Json root;
    detail::StrictJsonBuilder builder(root, limits);
    if (text.empty()) {
        throw Error(EZ_INVALID, "malformed JSON: the body is empty").with_code("malformed_json");
    }
    if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
        throw Error(EZ_INVALID, "malformed JSON: " + builder.fault()).with_code("malformed_json");
    }
    return root;
}

/// Serialises; invalid UTF-8, which can only come from old rows, is replaced instead of failing a
/// whole list.
[[nodiscard]] inline std::string dump_json(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Appends `text` as a JSON string. The text must be UTF-8, as PostgreSQL guarantees of its own.
inline void append_json_string(std::string& out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
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
                out.push_back(kHex[byte >> 4U]);
                out.push_back(kHex[byte & 15U]);
        }
    }
    out.append(text, plain, text.size() - plain);
    out.push_back('"');
}

/// An integer of 64 bits, or nothing when the value is another type or does not fit.
[[nodiscard]] inline std::optional<std::int64_t> as_integer(const Json& value) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return std::nullopt;
        return static_cast<std::int64_t>(number);
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    return std::nullopt;
}

}  // namespace ezapi
