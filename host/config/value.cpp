#include "host/config/value.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "ezapi/error.hpp"
#include "ezapi/escape.hpp"
#include "ezapi/network.hpp"
#include "ezapi/url.hpp"
#include "host/config/credentials.hpp"

namespace ezapi::host::config {
namespace {

/// `whole` is the complete value: a part of a credential may not look like one.
[[noreturn]] void refuse(const Setting& setting,
                         std::string_view found,
                         std::string_view whole,
                         const std::string& why = {}) {
    const std::string what = setting.secret ? "the value (not shown)" : quoted(found, whole);
    throw Error(EZ_INVALID, what + " is not " + setting.allowed() + why);
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool in_range(const Setting& setting, double value) {
    return !(setting.minimum && value < *setting.minimum) &&
           !(setting.maximum && value > *setting.maximum);
}

Value parse_boolean(const Setting& setting, std::string_view text) {
    constexpr std::array<std::string_view, 4> kTrue = {"true", "1", "yes", "on"};
    constexpr std::array<std::string_view, 4> kFalse = {"false", "0", "no", "off"};
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    if (std::find(kTrue.begin(), kTrue.end(), lower) != kTrue.end()) return true;
    if (std::find(kFalse.begin(), kFalse.end(), lower) != kFalse.end()) return false;
    refuse(setting, text, text);
}

bool is_choice(const Setting& setting, std::string_view text) {
    return setting.choices.empty() ||
           std::find(setting.choices.begin(), setting.choices.end(), text) != setting.choices.end();
}

std::string_view trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> items;
    for (size_t begin = 0; begin <= text.size() && !text.empty();) {
        const size_t end = std::min(text.find(',', begin), text.size());
        items.emplace_back(trimmed(text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return items;
}

void check_form(const Setting& setting, std::string_view text, std::string_view whole) {
    if (setting.form == Form::kHttpUrl) {
        if (const std::string fault = url_fault(text); !fault.empty())
            refuse(setting, text, whole, ": " + fault);
    }
    if (setting.form != Form::kNetworks) return;
    for (const std::string& network : split(text)) {
        if (!network.empty() && !network_fault(network).empty()) refuse(setting, network, whole);
    }
}

Value parse_string(const Setting& setting, std::string_view text) {
    const bool fits = text.size() >= setting.min_length.value_or(0) &&
                      text.size() <= setting.max_length.value_or(std::string_view::npos);
    if (!fits || !is_choice(setting, text) || text.find('\0') != std::string_view::npos)
        refuse(setting, text, text);
    check_form(setting, text, text);
    return std::string(text);
}

}  // namespace

Value parse_list(const Setting& setting, std::vector<std::string> items) {
    std::string whole;
    for (const std::string& item : items) whole += (whole.empty() ? "" : ",") + item;
    for (const std::string& item : items) {
        if (item.empty() || !is_choice(setting, item)) refuse(setting, item, whole);
        check_form(setting, item, whole);
    }
    return items;
}

Value parse_value(const Setting& setting, std::string_view text) {
    switch (setting.type) {
        case Type::kInteger: {
            const auto value = whole_number<int64_t>(text);
            if (!value || !in_range(setting, static_cast<double>(*value)))
                refuse(setting, text, text);
            return *value;
        }
        case Type::kNumber: {
            const auto value = whole_number<double>(text);
            if (!value || !std::isfinite(*value) || !in_range(setting, *value))
                refuse(setting, text, text);
            return *value;
        }
        case Type::kBoolean:
            return parse_boolean(setting, text);
        case Type::kList:
            return parse_list(setting, split(text));
        default:
            return parse_string(setting, text);
    }
}

std::string to_json(const Value& value) {
    return std::visit(
        [](const auto& held) {
            return nlohmann::json(held).dump(
                -1, ' ', false, nlohmann::json::error_handler_t::replace);
        },
        value);
}

std::string to_display(const Setting& setting, const Value& value) {
    std::string text;
    if (const auto* string = std::get_if<std::string>(&value)) {
        text = *string;
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
        for (const std::string& item : *list) text += (text.empty() ? "" : ", ") + item;
    } else {
        text = to_json(value);
    }
    if (text.empty()) return "(empty)";
    if (setting.secret) return "***";
    if (setting.form == Form::kDsn) return escape_controls(shown_dsn(text));
    if (!is_harmless(text)) return "(not shown: it may hold a credential)";
    return escape_controls(text);
}

}  // namespace ezapi::host::config
