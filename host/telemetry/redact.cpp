#include "host/telemetry/redact.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

namespace ezapi::host::telemetry {
namespace {

constexpr std::string_view kMask = "***";

// Names whose value is a credential, wherever `name=value`, `name: value` or `"name":"value"`
// stands.
constexpr std::array<std::string_view, 17> kSecretNames = {"password",
                                                           "passphrase",
                                                           "pass",
                                                           "sslpassword",
                                                           "requirepass",
                                                           "masterauth",
                                                           "passwd",
                                                           "pwd",
                                                           "secret",
                                                           "api_key",
                                                           "apikey",
                                                           "token",
                                                           "access_token",
                                                           "refresh_token",
                                                           "master_key",
                                                           "jwt_secret",
                                                           "private_key"};

char lower(char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool is_token(char c) {
    return is_word(c) || c == '-';
}

bool starts_with_nocase(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
               return a == lower(b);
           });
}

bool is_space(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

/// What may follow a quoted value; otherwise the value continues.
bool follows_quoted(std::string_view rest) {
    const size_t next = std::min(rest.find_first_not_of(",;)}]"), rest.size());
    return next == rest.size() || is_space(rest[next]) ||
           (next > 0 && (rest[next] == '"' || rest[next] == '\''));
}

/// Length of the quoted text at the start; 0: it is not quoted, or the value continues after the
/// quote.
size_t quoted_length(std::string_view text) {
    if (text.empty() || (text[0] != '"' && text[0] != '\'')) return 0;
    for (size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == text[0] && follows_quoted(text.substr(i + 1))) {
            return i + 1;
        }
    }
    return text.size();
}

/// Up to the next white space that no backslash escapes: a password may hold every other character.
size_t bare_length(std::string_view text) {
    size_t end = 0;
    while (end < text.size() && !is_space(text[end])) end += text[end] == '\\' ? 2 : 1;
    return std::min(end, text.size());
}

size_t value_length(std::string_view text) {
    const size_t length = quoted_length(text);
    return length > 0 ? length : bare_length(text);
}

/// Length of a separator `=`, `:` or `": ` after a secret's name; 0: this is no assignment.
size_t separator_length(std::string_view text) {
    size_t i = 0;
    if (i < text.size() && (text[i] == '"' || text[i] == '\'')) ++i;
    while (i < text.size() && text[i] == ' ') ++i;
    if (i == text.size() || (text[i] != '=' && text[i] != ':')) return 0;
    ++i;
    while (i < text.size() && text[i] == ' ') ++i;
    return i;
}

struct Span {
    size_t keep = 0;  // copied as it is
    size_t drop = 0;  // replaced by the mask
};

/// `EZ_ADMIN_TOKEN: auth.admin_token: the value is too short`: a sentence continues after the
/// colon, with a word that is too short for a credential or with another colon.
bool is_prose(std::string_view separator, std::string_view value) {
    constexpr size_t kLongestWord = 4;
    const bool digits = std::any_of(value.begin(), value.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0;
    });
    return separator == ": " && !digits && (value.size() <= kLongestWord || value.ends_with(':'));
}

/// `password = hunter2`: keeps the name and the separator.
Span assignment_at(std::string_view text, bool word_start) {
    if (!word_start) return {};
    for (const std::string_view name : kSecretNames) {
        if (!starts_with_nocase(text, name)) continue;
        const size_t separator = separator_length(text.substr(name.size()));
        if (separator == 0) continue;
        const size_t keep = name.size() + separator;
        const std::string_view rest = text.substr(keep);
        if (starts_with_nocase(rest, "null") || starts_with_nocase(rest, "none")) return {};
        const size_t drop = value_length(rest);
        const bool prose = is_prose(text.substr(name.size(), separator), rest.substr(0, drop));
        if (drop > 0 && !prose) return {keep, drop};
    }
    return {};
}

Span bearer_at(std::string_view text, bool word_start) {
    constexpr std::string_view kBearer = "bearer ";
    if (!word_start || !starts_with_nocase(text, kBearer)) return {};
    const size_t drop = value_length(text.substr(kBearer.size()));
    return drop == 0 ? Span{} : Span{kBearer.size(), drop};
}

/// A token or master key of this product, an upstream's key, or a JWT; shorter ones are words like
/// "sk-learn".
Span token_at(std::string_view text, bool word_start) {
    constexpr size_t kShortest = 12;
    const bool jwt = text.starts_with("eyJ");
    if (!word_start || (!jwt && !text.starts_with("sk-") && !text.starts_with("mk-"))) return {};
    const auto* end = std::find_if_not(
        text.begin(), text.end(), [jwt](char c) { return is_token(c) || (jwt && c == '.'); });
    const auto length = static_cast<size_t>(end - text.begin());
    return length < kShortest ? Span{} : Span{3, length - 3};
}

/// `//user:password@host`, with any character in the password but white space that no backslash
/// escapes. A port in front of a path is no password.
Span userinfo_at(std::string_view text) {
    if (!text.starts_with("//")) return {};
    const std::string_view whole = text.substr(0, bare_length(text));
    const size_t at = whole.rfind('@');
    const size_t colon = whole.find(':', 2);
    if (at == std::string_view::npos || colon == std::string_view::npos || colon >= at) return {};
    const size_t digits = whole.find_first_not_of("0123456789", colon + 1);
    const bool is_port = digits > colon + 1 && digits < at && whole[digits] == '/';
    if (is_port || whole.substr(2, colon - 2).find('/') != std::string_view::npos) return {};
    return {colon + 1, at - colon - 1};
}

}  // namespace

std::string redact(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size();) {
        const bool word_start = i == 0 || !is_word(text[i - 1]);
        const std::string_view rest = text.substr(i);
        // The resource `auth:token` appears in many messages.
        const bool resource = text.substr(0, i).ends_with("auth:");
        Span span = assignment_at(rest, !resource && (word_start || text[i - 1] == '_'));
        if (span.drop == 0) span = bearer_at(rest, word_start);
        if (span.drop == 0) span = token_at(rest, word_start);
        if (span.drop == 0) span = userinfo_at(rest);
        if (span.drop == 0) {
            out += text[i++];
            continue;
        }
        out += rest.substr(0, span.keep);
        out += kMask;
        i += span.keep + span.drop;
    }
    return out;
}

}  // namespace ezapi::host::telemetry
