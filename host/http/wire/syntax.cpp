#include "host/http/wire/syntax.hpp"

#include <algorithm>
#include <array>

#include "ezapi/base/hex.hpp"

namespace ezapi::host::http {

namespace {

constexpr std::array<bool, 256> table_of(std::string_view extra) {
    std::array<bool, 256> table{};
    for (int c = 0; c < 256; ++c) {
        const char letter = static_cast<char>(c);
        table[static_cast<size_t>(c)] = c < 128 && (is_digit(letter) || is_alpha(letter));
    }
    for (const char c : extra) table[static_cast<unsigned char>(c)] = true;
    return table;
}

constexpr auto kTokenChars = table_of("!#$%&'*+-.^_`|~");
constexpr auto kPathChars = table_of("-._~!$&'()*+,;=:@");

bool in(const std::array<bool, 256>& table, char c) noexcept {
    return table[static_cast<unsigned char>(c)];
}

}  // namespace

bool is_token_char(char c) noexcept {
    return in(kTokenChars, c);
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_path_char(char c) noexcept {
    return in(kPathChars, c);
}

bool is_field_value(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    });
}

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return to_lower(a) == to_lower(b);
    });
}

std::string lowered(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), to_lower);
    return result;
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> list_of(std::string_view text) {
    std::vector<std::string_view> elements;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const auto element = trimmed(text.substr(0, comma));
        if (!element.empty()) elements.push_back(element);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    return elements;
}

std::optional<uint64_t> decimal(std::string_view text) noexcept {
    if (text.empty() || text.size() > 19) return std::nullopt;  // 19 digits always fit
    uint64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        value = value * 10 + static_cast<uint64_t>(c - '0');
    }
    return value;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result.push_back(text[i]);
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        result.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return result;
}

}  // namespace ezapi::host::http
