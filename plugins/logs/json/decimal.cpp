#include "json/decimal.hpp"

#include <charconv>
#include <limits>
#include <string>

namespace ezapi::logs {
namespace {

constexpr std::int64_t kPlaces = 9;

/// A number as its digits and the power of ten behind the last of them.
struct Decimal {
    bool negative = false;
    std::string digits;
    std::int64_t exponent = 0;
};

std::optional<Decimal> take_apart(std::string_view number) {
    Decimal out;
    out.negative = number.starts_with('-');
    if (out.negative) number.remove_prefix(1);
    const size_t e = number.find_first_of("eE");
    if (e != std::string_view::npos) {
        std::string_view power = number.substr(e + 1);
        if (power.starts_with('+')) power.remove_prefix(1);
        const auto [end, fault] =
            std::from_chars(power.data(), power.data() + power.size(), out.exponent);
        if (fault != std::errc{} || end != power.data() + power.size()) return std::nullopt;
        if (out.exponent > 1000 || out.exponent < -1000000) return std::nullopt;
        number = number.substr(0, e);
    }
    const size_t point = number.find('.');
    out.digits = number.substr(0, point);
    if (point != std::string_view::npos) {
        out.digits += number.substr(point + 1);
        out.exponent -= static_cast<std::int64_t>(number.size() - point - 1);
    }
    out.digits.erase(0, out.digits.find_first_not_of('0'));
    return out;
}

}  // namespace

std::optional<std::int64_t> whole_number(std::string_view number) {
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (fault != std::errc{} || end != number.data() + number.size()) return std::nullopt;
    return value;
}

std::optional<std::int64_t> in_billionths(std::string_view number) {
    std::optional<Decimal> decimal = take_apart(number);
    if (!decimal) return std::nullopt;
    if (decimal->digits.empty()) return 0;
    const std::int64_t shift = decimal->exponent + kPlaces;
    bool round_up = false;
    if (shift >= 0) {
        if (static_cast<std::int64_t>(decimal->digits.size()) + shift > 19) return std::nullopt;
        decimal->digits.append(static_cast<size_t>(shift), '0');
    } else {
        const auto cut = static_cast<size_t>(-shift);
        if (cut > decimal->digits.size()) return 0;
        round_up = decimal->digits[decimal->digits.size() - cut] >= '5';
        decimal->digits.erase(decimal->digits.size() - cut);
        if (decimal->digits.empty()) decimal->digits = "0";
    }
    const std::optional<std::int64_t> value = whole_number(decimal->digits);
    if (!value || (round_up && *value == std::numeric_limits<std::int64_t>::max()))
        return std::nullopt;
    const std::int64_t rounded = *value + (round_up ? 1 : 0);
    return decimal->negative ? -rounded : rounded;
}

}  // namespace ezapi::logs
