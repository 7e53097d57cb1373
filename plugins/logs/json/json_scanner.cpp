#include "json/json_scanner.hpp"

#include <algorithm>
#include <cstring>

#include "ezapi/error.hpp"
#include "ezapi/escape.hpp"
#include "ezapi/json.hpp"
#include "ezapi/text.hpp"

namespace ezapi::logs {
namespace {

constexpr size_t kMostShown = 40;
constexpr unsigned kReplacement = 0xFFFD;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// A character of a number or of a word such as NaN, -Infinity and True.
bool is_of_word(char c) {
    const char lower = static_cast<char>(c | 0x20);
    return is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '+' || c == '-' || c == '.' ||
           c == '_';
}

void append_utf8(std::string& out, unsigned code) {
    const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80U) {
        put(code);
    } else if (code < 0x800U) {
        put(0xC0U | (code >> 6U));
        put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000U) {
        put(0xE0U | (code >> 12U));
        put(0x80U | ((code >> 6U) & 0x3FU));
        put(0x80U | (code & 0x3FU));
    } else {
        put(0xF0U | (code >> 18U));
        put(0x80U | ((code >> 12U) & 0x3FU));
        put(0x80U | ((code >> 6U) & 0x3FU));
        put(0x80U | (code & 0x3FU));
    }
}

}  // namespace

bool sound_text(std::string_view text) {
    size_t at = 0;
    while (at < text.size()) {
        // Fast path: eight ASCII bytes at a time, none of them zero.
        if (at + 8 <= text.size()) {
            std::uint64_t word = 0;
            std::memcpy(&word, text.data() + at, sizeof word);
            const bool ascii = (word & 0x8080808080808080U) == 0;
            const bool has_nul = ((word - 0x0101010101010101U) & ~word & 0x8080808080808080U) != 0;
            if (ascii && !has_nul) {
                at += 8;
                continue;
            }
        }
        const size_t length = text[at] == '\0' ? 0 : utf8_length(text.substr(at));
        if (length == 0) return false;
        at += length;
    }
    return true;
}

std::string mended_text(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 16);
    for (size_t at = 0; at < text.size();) {
        const size_t length = text[at] == '\0' ? 0 : utf8_length(text.substr(at));
        if (length == 0)
            append_utf8(out, kReplacement);
        else
            out.append(text.substr(at, length));
        at += std::max<size_t>(length, 1);
    }
    return out;
}

std::string wrong_value(std::string_view expected, std::string_view found) {
    return "expected " + std::string(expected) + ", found '" +
           shortened(std::string(found), kMostShown) + "'";
}

const char* JsonScanner::name(Kind kind) {
    static constexpr const char* kNames[] = {
        "object", "array", "string", "number", "boolean", "null", "word without quotes"};
    return kNames[static_cast<size_t>(kind)];
}

std::string JsonScanner::wrong_type(std::string_view expected) {
    const Kind found = kind();
    skip();
    return "expected " + std::string(expected) + ", found " + name(found);
}

void JsonScanner::malformed(const std::string& why) const {
    throw Error(EZ_INVALID,
                "malformed JSON: at byte " + std::to_string(base_ + at_ + 1) + ": " + why)
        .with_code("malformed_json");
}

void JsonScanner::blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
        ++at_;
}

JsonScanner::Kind JsonScanner::kind() {
    blanks();
    if (at_ == text_.size()) malformed("a value is missing");
    const char c = text_[at_];
    switch (c) {
        case '{':
            return Kind::object;
        case '[':
            return Kind::array;
        case '"':
            return Kind::string;
        case 't':
            return word(at_) == "true" ? Kind::boolean : Kind::word;
        case 'f':
            return word(at_) == "false" ? Kind::boolean : Kind::word;
        case 'n':
            return word(at_) == "null" ? Kind::null : Kind::word;
        default:
            if (c == '-' || is_digit(c)) return Kind::number;
            if (is_of_word(c)) return Kind::word;
            malformed("expected a value");
    }
}

/// The text from `start` to the end of the word; does not move.
std::string_view JsonScanner::word(size_t start) {
    size_t end = start;
    while (end < text_.size() && is_of_word(text_[end])) ++end;
    return text_.substr(start, end - start);
}

bool JsonScanner::take(char c) {
    blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
}

void JsonScanner::expect(char c) {
    if (!take(c)) malformed(std::string("expected '") + c + "'");
}

bool JsonScanner::at_end() {
    blanks();
    return at_ == text_.size();
}

JsonScanner::Text JsonScanner::name() {
    blanks();
    if (at_ == text_.size() || text_[at_] != '"') malformed("expected a name");
    const Text out = string();
    expect(':');
    return out;
}

JsonScanner::Text JsonScanner::string() {
    if (!take('"')) {
        const std::string_view value = word(at_);
        if (value.empty()) malformed("expected a text");
        at_ += value.size();
        return {value, false};
    }
    const size_t start = at_;
    bool sound = true;
    for (; at_ < text_.size(); ++at_) {
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if (byte == '"') {
            const std::string_view value = text_.substr(start, at_++ - start);
            return {value, sound && sound_text(value)};
        }
        if (byte == '\\') return resolve(start, sound);
        if (byte < 0x20U) sound = false;
    }
    malformed("a text without an end");
}

JsonScanner::Text JsonScanner::resolve(size_t start, bool sound) {
    std::string& out = resolved_.emplace_back(text_.substr(start, at_ - start));
    while (at_ < text_.size()) {
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if (byte == '"') {
            ++at_;
            return {out, sound && sound_text(out)};
        }
        if (byte < 0x20U) sound = false;
        ++at_;
        if (byte == '\\')
            sound = escape(out) && sound;
        else
            out.push_back(static_cast<char>(byte));
    }
    malformed("a text without an end");
}

unsigned JsonScanner::unit() {
    unsigned value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
        const char c = at_ < text_.size() ? text_[at_] : '\0';
        value <<= 4U;
        if (is_digit(c))
            value |= static_cast<unsigned>(c - '0');
        else if (c >= 'a' && c <= 'f')
            value |= static_cast<unsigned>(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            value |= static_cast<unsigned>(c - 'A' + 10);
        else
            malformed("expected four hexadecimal digits");
    }
    return value;
}

/// Appends U+FFFD and returns false for an unpaired surrogate, which UTF-8 cannot represent.
bool JsonScanner::escape(std::string& out) {
    static constexpr std::string_view kPlain = "\"\\/bfnrt";
    static constexpr std::string_view kMeaning = "\"\\/\b\f\n\r\t";
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (const size_t known = kPlain.find(c); c != '\0' && known != std::string_view::npos) {
        ++at_;
        out.push_back(kMeaning[known]);
        return true;
    }
    if (c != 'u') malformed("an unknown escape");
    ++at_;
    unsigned code = unit();
    const auto half = [&out] {
        append_utf8(out, kReplacement);
        return false;
    };
    if (code >= 0xDC00U && code <= 0xDFFFU) return half();
    if (code >= 0xD800U && code <= 0xDBFFU) {
        if (text_.substr(at_, 2) != "\\u") return half();
        const size_t before = at_;
        at_ += 2;
        const unsigned low = unit();
        if (low < 0xDC00U || low > 0xDFFFU) {
            at_ = before;
            return half();
        }
        code = 0x10000U + ((code - 0xD800U) << 10U) + (low - 0xDC00U);
    }
    append_utf8(out, code);
    return true;
}

JsonScanner::Text JsonScanner::number() {
    blanks();
    const size_t start = at_;
    const auto digits = [this] {
        const size_t first = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        return at_ > first;
    };
    const auto next_is = [this](char c) { return at_ < text_.size() && text_[at_] == c; };
    const auto take_one = [this, &next_is](char c) {
        const bool there = next_is(c);
        at_ += there ? 1 : 0;
        return there;
    };
    (void)take_one('-');
    bool sound = take_one('0') || digits();
    if (sound && take_one('.')) sound = digits();
    if (sound && (take_one('e') || take_one('E'))) {
        if (!take_one('+')) (void)take_one('-');
        sound = digits();
    }
    if (sound && (at_ == text_.size() || !is_of_word(text_[at_])))
        return {text_.substr(start, at_ - start)};
    const std::string_view written = word(start);
    at_ = start + written.size();
    return {written, false};
}

void JsonScanner::literal(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) malformed("expected a value");
    at_ += word.size();
}

bool JsonScanner::boolean() {
    blanks();
    const bool value = at_ < text_.size() && text_[at_] == 't';
    literal(value ? "true" : "false");
    return value;
}

void JsonScanner::null() {
    blanks();
    literal("null");
}

void JsonScanner::skip() {
    open_.clear();
    do {
        skip_one();
    } while (!open_.empty());
}

/// Skips a scalar or enters a nested value; then leaves all values that end there.
void JsonScanner::skip_one() {
    switch (kind()) {
        case Kind::object:
            ++at_;
            if (take('}')) break;
            open_.push_back('}');
            return skip_name();
        case Kind::array:
            ++at_;
            if (take(']')) break;
            open_.push_back(']');
            return;
        case Kind::string:
        case Kind::word:
            skip_string();
            break;
        case Kind::number:
            (void)number();
            break;
        case Kind::boolean:
            (void)boolean();
            break;
        case Kind::null:
            null();
            break;
    }
    for (; !open_.empty() && !take(','); open_.pop_back()) expect(open_.back());
    if (!open_.empty() && open_.back() == '}') skip_name();
}

std::string_view JsonScanner::raw() {
    blanks();
    const size_t start = at_;
    skip();
    return text_.substr(start, at_ - start);
}

void JsonScanner::skip_string() {
    const size_t given = resolved_.size();
    (void)string();
    resolved_.resize(given);
}

void JsonScanner::skip_name() {
    const size_t given = resolved_.size();
    (void)name();
    resolved_.resize(given);
}

}  // namespace ezapi::logs
