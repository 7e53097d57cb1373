#include "host/config/credentials.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "ezapi/escape.hpp"
#include "host/telemetry/redact.hpp"

namespace ezapi::host::config {
namespace {

constexpr size_t kMaxShown = 80;
constexpr std::string_view kNotShown = "the value (not shown: it may hold a credential)";
constexpr std::string_view kMask = "***";

constexpr std::array<std::string_view, 9> kShownKeys = {"host",
                                                        "hostaddr",
                                                        "port",
                                                        "dbname",
                                                        "user",
                                                        "sslmode",
                                                        "connect_timeout",
                                                        "application_name",
                                                        "target_session_attrs"};

constexpr std::array<std::string_view, 12> kMaskedKeys = {"password",
                                                          "passfile",
                                                          "options",
                                                          "sslkey",
                                                          "sslpassword",
                                                          "sslcert",
                                                          "sslrootcert",
                                                          "sslcrl",
                                                          "service",
                                                          "krbsrvname",
                                                          "channel_binding",
                                                          "gssencmode"};

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_space(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

/// A name, an address, a path or a number.
bool is_plain(std::string_view value) {
    return value.find("://") == std::string_view::npos &&
           std::all_of(value.begin(), value.end(), [](char c) {
               return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                      std::string_view("._:/,-").find(c) != std::string_view::npos;
           });
}

/// conninfo_parse() of libpq, character by character.
class DsnReader {
public:
    explicit DsnReader(std::string_view text) : text_(text) {}

    std::optional<DsnPairs> read() {
        DsnPairs out;
        for (skip_spaces(); at_ < text_.size(); skip_spaces()) {
            std::string key;
            while (at_ < text_.size() && text_[at_] != '=' && !is_space(text_[at_]))
                key += text_[at_++];
            skip_spaces();
            if (at_ == text_.size() || text_[at_] != '=') return std::nullopt;
            ++at_;
            skip_spaces();
            auto value = at_ < text_.size() && text_[at_] == '\'' ? quoted_value() : bare_value();
            if (!value) return std::nullopt;
            out.emplace_back(std::move(key), std::move(*value));
        }
        return out;
    }

private:
    void skip_spaces() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }

    std::optional<std::string> bare_value() {
        std::string out;
        while (at_ < text_.size() && !is_space(text_[at_])) {
            if (text_[at_] == '\\' && ++at_ == text_.size()) break;
            out += text_[at_++];
        }
        return out;
    }

    std::optional<std::string> quoted_value() {
        std::string out;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\'') return (++at_, out);
            if (text_[at_] == '\\' && ++at_ == text_.size()) break;
            out += text_[at_];
        }
        return std::nullopt;
    }

    std::string_view text_;
    size_t at_ = 0;
};

}  // namespace

bool is_harmless(std::string_view text) {
    return text.find_first_of("=@") == std::string_view::npos && telemetry::redact(text) == text;
}

std::string quoted(std::string_view text, std::string_view whole) {
    if (!is_harmless(text) || !is_harmless(whole)) return std::string(kNotShown);
    const bool cut = text.size() > kMaxShown;
    return "'" + escape_controls(text.substr(0, kMaxShown)) + (cut ? "…'" : "'");
}

std::string without_values(std::string message, std::span<const std::string> values) {
    if (std::all_of(values.begin(), values.end(), is_harmless)) return message;
    for (const std::string& value : values) {
        if (value.empty()) continue;
        for (const std::string& form : {"'" + value + "'", value}) {
            for (size_t at = message.find(form); at != std::string::npos;
                 at = message.find(form, at + kNotShown.size()))
                message.replace(at, form.size(), kNotShown);
        }
    }
    return message;
}

std::optional<DsnPairs> parse_dsn(std::string_view dsn) {
    return DsnReader(dsn).read();
}

std::string shown_dsn(std::string_view dsn) {
    const std::optional<DsnPairs> pairs = parse_dsn(dsn);
    if (!pairs) return "(not shown: it is not made of key=value pairs)";
    std::string out;
    for (const auto& [key, value] : *pairs) {
        if (!out.empty()) out += ' ';
        const bool is_shown = is_one_of(kShownKeys, key) && is_plain(value);
        const bool is_known = is_one_of(kShownKeys, key) || is_one_of(kMaskedKeys, key);
        out.append(is_known ? std::string_view(key) : kMask).append("=");
        out.append(is_shown ? std::string_view(value) : kMask);
    }
    return out;
}

}  // namespace ezapi::host::config
