#include "json/decimal.hpp"

#include <array>
#include <limits>

namespace ezapi::logs {
namespace {

constexpr std::int64_t kMostDigits = 19;  // any number of so many digits fits 64 bits unsigned
constexpr std::int64_t kLargestExponent = 1'000'000'000;

constexpr std::array<std::uint64_t, kMostDigits + 1> powers_of_ten() {
    std::array<std::uint64_t, kMostDigits + 1> out{1};
    for (size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * 10;
    return out;
}

constexpr auto kPowers = powers_of_ten();

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The leading digits of a number without its sign, and the power of ten of the last one.
struct Decimal {
    std::uint64_t digits = 0;
    std::int64_t count = 0;  // number of significant digits
    std::int64_t exponent = 0;
    bool rounds_up = false;  // the first dropped digit is at least 5
    bool complete = true;    // all dropped digits are zeros
};

std::int64_t exponent_of(std::string_view text) {
    const bool negative = text.starts_with('-');
    std::int64_t value = 0;
    for (const char c : text) {
        if (is_digit(c) && value < kLargestExponent) value = value * 10 + (c - '0');
    }
    return negative ? -value : value;
}

Decimal take_apart(std::string_view number) {
    Decimal out;
    bool fraction = false;
    bool full = false;
    for (size_t at = 0; at < number.size(); ++at) {
        const char c = number[at];
        if (c == '.') {
            fraction = true;
        } else if (!is_digit(c)) {  // e or E
            out.exponent += exponent_of(number.substr(at + 1));
            break;
        } else if (out.count < kMostDigits) {
            out.digits = out.digits * 10 + static_cast<std::uint64_t>(c - '0');
            if (out.digits != 0) ++out.count;
            if (fraction) --out.exponent;
        } else {
            if (!full) out.rounds_up = c >= '5';
            full = true;
            out.complete = out.complete && c == '0';
            if (!fraction) ++out.exponent;
        }
    }
    return out;
}

}  // namespace

Scaled scaled(std::string_view number, int places) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    const bool negative = number.starts_with('-');
    if (negative || number.starts_with('+')) number.remove_prefix(1);
    const Decimal decimal = take_apart(number);
    if (decimal.digits == 0) return {};
    const std::int64_t shift = decimal.exponent + places;
    std::uint64_t value = 0;
    bool exact = decimal.complete;
    bool fits = true;
    if (shift >= 0) {
        fits =
            shift <= kMostDigits &&
            !__builtin_mul_overflow(decimal.digits,
                                    kPowers[static_cast<size_t>(shift <= kMostDigits ? shift : 0)],
                                    &value);
        if (shift == 0 && decimal.rounds_up) ++value;
    } else if (shift >= -kMostDigits) {
        const std::uint64_t unit = kPowers[static_cast<size_t>(-shift)];
        const std::uint64_t rest = decimal.digits % unit;
        value = decimal.digits / unit + (rest >= unit - rest ? 1 : 0);
        exact = exact && rest == 0;
    } else {
        exact = false;
    }
    if (!fits || value > kMost) {
        value = kMost;
        exact = false;
    }
    const auto magnitude = static_cast<std::int64_t>(value);
    return {negative ? -magnitude : magnitude, exact};
}

bool is_decimal(std::string_view text) {
    size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    const auto digits = [&text, &at] {
        const size_t first = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return at > first;
    };
    const auto take = [&text, &at](std::string_view any) {
        const bool there = at < text.size() && any.find(text[at]) != std::string_view::npos;
        at += there ? 1 : 0;
        return there;
    };
    const bool whole = digits();
    const bool fraction = take(".") && digits();
    if (!whole && !fraction) return false;
    if (take("eE")) {
        (void)take("+-");
        if (!digits()) return false;
    }
    return at == text.size();
}

}  // namespace ezapi::logs
