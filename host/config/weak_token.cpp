#include "host/config/weak_token.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace ezapi::host::config {

namespace {

constexpr size_t kFewestCharacters = 6;  // different ones
constexpr size_t kFewestUnknown = 8;     // characters that belong to no word

/// Longest first where one begins with another.
constexpr std::string_view kWords[] = {
    "administrator", "placeholder", "development", "production", "superuser", "internal",
    "password",      "passwort",    "changeit",    "operator",   "standard",  "insecure",
    "security",      "provider",    "gateway",     "example",    "default",   "changed",
    "passphrase",    "welcome",     "letmein",     "testing",    "staging",   "replace",
    "control",       "private",     "qwertz",      "qwerty",     "azerty",    "dragon",
    "monkey",        "master",      "strong",      "secure",     "secret",    "server",
    "sample",        "change",      "insert",      "please",     "tenant",    "bearer",
    "access",        "public",      "metric",      "stats",      "admin",     "token",
    "super",         "debug",       "local",       "ezapi",      "value",     "plane",
    "redis",         "hello",       "world",       "login",      "root",      "test",
    "demo",          "user",        "pass",        "temp",       "fake",      "your",
    "here",          "this",        "with",        "some",       "long",      "very",
    "prod",          "host",        "auth",        "jwt",        "key",       "the",
    "for",           "not",         "dev",         "api",        "abc",       "my"};

constexpr std::string_view kRows[] = {
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "1234567890"};

char plain(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    return c;
}

/// Lower case, with digits that stand for letters replaced by these.
char letter(char c) {
    constexpr std::string_view kDigits = "013457";
    constexpr std::string_view kLetters = "oieast";
    const size_t at = kDigits.find(c);
    return at == std::string_view::npos ? plain(c) : kLetters[at];
}

bool is_separator(char c) {
    return std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

std::string mapped(std::string_view text, char (*map)(char)) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), map);
    return out;
}

bool repeats_itself(std::string_view text) {
    for (size_t period = 1; period <= text.size() / 2; ++period) {
        if (text.substr(period) == text.substr(0, text.size() - period)) return true;
    }
    return false;
}

/// Equal, adjacent in the alphabet or the digits, or adjacent on a keyboard.
bool is_step(char from, char to) {
    const int distance = to - from;
    if (distance >= -1 && distance <= 1) return true;
    return std::any_of(std::begin(kRows), std::end(kRows), [&](std::string_view row) {
        const size_t at = row.find(from);
        if (at == std::string_view::npos) return false;
        return (at + 1 < row.size() && row[at + 1] == to) || (at > 0 && row[at - 1] == to);
    });
}

bool is_sequence(std::string_view text) {
    if (text.size() < 3) return true;
    size_t steps = 0;
    for (size_t i = 1; i < text.size(); ++i) steps += is_step(text[i - 1], text[i]) ? 1U : 0U;
    return steps * 3 >= (text.size() - 1) * 2;
}

/// Removes words and separators; look-alike characters count as letters in words.
std::string without_words(std::string_view text) {
    const std::string exact = mapped(text, plain);
    const std::string looks = mapped(text, letter);
    std::string rest;
    for (size_t at = 0; at < exact.size();) {
        const auto word =
            std::find_if(std::begin(kWords), std::end(kWords), [&](std::string_view known) {
                return exact.compare(at, known.size(), known) == 0 ||
                       looks.compare(at, known.size(), known) == 0;
            });
        if (word != std::end(kWords)) {
            at += word->size();
            continue;
        }
        if (!is_separator(exact[at])) rest.push_back(exact[at]);
        ++at;
    }
    return rest;
}

size_t different(std::string_view text) {
    return std::set<char>(text.begin(), text.end()).size();
}

}  // namespace

std::string weakness_of(std::string_view token) {
    const std::string text = mapped(token, plain);
    if (different(text) < kFewestCharacters)
        return "it has fewer than " + std::to_string(kFewestCharacters) + " different characters";
    if (repeats_itself(text)) return "it repeats a shorter text";
    const std::string rest = without_words(text);
    const bool has_words = rest.size() < token.size();
    if (has_words && (rest.size() < kFewestUnknown || repeats_itself(rest) || is_sequence(rest)))
        return "it consists of common words or sequences";
    if (is_sequence(text)) return "it is a sequence of letters, digits or keys";
    return {};
}

}  // namespace ezapi::host::config
