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
        // Eight ASCII bytes at a time, none of them zero.
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
        "object", "array", "string", "number", "boolean", "null"};
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
        case 'f':
            return Kind::boolean;
        case 'n':
            return Kind::null;
        default:
            if (c == '-' || is_digit(c)) return Kind::number;
            malformed("expected a value");
    }
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

JsonScanner::Text JsonScanner::string() {
    expect('"');
    const size_t start = at_;
    for (; at_ < text_.size(); ++at_) {
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if (byte == '"') {
            const std::string_view value = text_.substr(start, at_++ - start);
            return {value, sound_text(value)};
        }
        if (byte == '\\') return resolve(start);
        if (byte < 0x20U) malformed("a control character in a text");
    }
    malformed("a text without an end");
}

JsonScanner::Text JsonScanner::resolve(size_t start) {
    std::string& out = resolved_.emplace_back(text_.substr(start, at_ - start));
    bool sound = true;
    while (at_ < text_.size()) {
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if (byte == '"') {
            ++at_;
            return {out, sound && sound_text(out)};
        }
        if (byte < 0x20U) malformed("a control character in a text");
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

/// False, and U+FFFD, when it is half a surrogate pair, which no UTF-8 can hold.
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

std::string_view JsonScanner::number() {
    blanks();
    const size_t start = at_;
    const auto digits = [this] {
        const size_t first = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        if (at_ == first) malformed("expected a digit");
    };
    const auto next_is = [this](char c) { return at_ < text_.size() && text_[at_] == c; };
    if (next_is('-')) ++at_;
    if (next_is('0'))
        ++at_;
    else
        digits();
    if (next_is('.')) {
        ++at_;
        digits();
    }
    if (next_is('e') || next_is('E')) {
        ++at_;
        if (next_is('+') || next_is('-')) ++at_;
        digits();
    }
    return text_.substr(start, at_ - start);
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
    switch (kind()) {
        case Kind::object:
            ++at_;
            return skip_inside('}', true);
        case Kind::array:
            ++at_;
            return skip_inside(']', false);
        case Kind::string:
            return skip_string();
        case Kind::number:
            (void)number();
            return;
        case Kind::boolean:
            (void)boolean();
            return;
        case Kind::null:
            return null();
    }
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

void JsonScanner::skip_inside(char close, bool named) {
    if (++depth_ + outer_ > kMaxJsonDepth)
        malformed("nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
    if (!take(close)) {
        do {
            if (named) {
                if (kind() != Kind::string) malformed("expected a name");
                skip_string();
                expect(':');
            }
            skip();
        } while (take(','));
        expect(close);
    }
    --depth_;
}

}  // namespace ezapi::logs
