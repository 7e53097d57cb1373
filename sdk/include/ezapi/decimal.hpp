// Decimal numbers in the notation of JSON, without floating point, so that no digit is lost.
//
//     Decimal("1.50e-3").plain()  // "0.0015"
//
//     Decimal("0.10000000000000001").compare(0) > 0
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace ezapi {

class Decimal {
public:
    /// `text` must be a JSON number.
    explicit Decimal(std::string_view text) : negative_(text.starts_with('-')) {
        size_t at = negative_ ? 1 : 0;
        bool behind_point = false;
        for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
            if (text[at] == '.') {
                behind_point = true;
                continue;
            }
            if (behind_point) --exponent_;
            if (!digits_.empty() || text[at] != '0') digits_.push_back(text[at]);
        }
        while (!digits_.empty() && digits_.back() == '0') {
            digits_.pop_back();
            ++exponent_;
        }
        if (digits_.empty()) {
            exponent_ = 0;
            negative_ = false;
        } else if (at < text.size()) {
            exponent_ += power(text.substr(at + 1));
        }
    }

    /// Equal when the numbers are, however they were written.
    bool operator==(const Decimal&) const = default;

    /// An upper bound for the length of `plain`.
    [[nodiscard]] std::uint64_t plain_size() const {
        const auto size = static_cast<std::int64_t>(digits_.size());
        const std::int64_t places =
            exponent_ >= 0 ? size + exponent_ : (size > -exponent_ ? size : -exponent_);
        return static_cast<std::uint64_t>(places) + 3;  // sign, point, zero before it
    }

    /// Without an exponent and superfluous zeros. Check `plain_size` first: the text may be very
    /// long.
    [[nodiscard]] std::string plain() const {
        if (digits_.empty()) return "0";
        std::string out = digits_;
        if (exponent_ >= 0) {
            out.append(static_cast<size_t>(exponent_), '0');
        } else {
            const auto behind = static_cast<size_t>(-exponent_);
            if (out.size() <= behind) out.insert(0, behind - out.size() + 1, '0');
            out.insert(out.size() - behind, 1, '.');
        }
        return negative_ ? "-" + out : out;
    }

    /// Times ten to the power of `by`.
    [[nodiscard]] Decimal shifted(std::int64_t by) const {
        Decimal out = *this;
        if (!out.digits_.empty()) out.exponent_ += by;
        return out;
    }

    /// Negative, zero or positive when this is less than, equal to or greater than `other`.
    [[nodiscard]] int compare(std::int64_t other) const {
        const Decimal right(std::to_string(other));
        if (negative_ != right.negative_) return negative_ ? -1 : 1;
        const int size = compare_sizes(right);
        return negative_ ? -size : size;
    }

private:
    static constexpr std::int64_t kMostPower = 1'000'000'000'000;

    /// Compares absolute values: the place of the first digit, then the digits.
    [[nodiscard]] int compare_sizes(const Decimal& right) const {
        if (digits_.empty() || right.digits_.empty())
            return static_cast<int>(right.digits_.empty()) - static_cast<int>(digits_.empty());
        const std::int64_t first = static_cast<std::int64_t>(digits_.size()) + exponent_;
        const std::int64_t other =
            static_cast<std::int64_t>(right.digits_.size()) + right.exponent_;
        if (first != other) return first < other ? -1 : 1;
        return digits_.compare(right.digits_);
    }

    static std::int64_t power(std::string_view text) {
        const bool negative = text.starts_with('-');
        if (text.starts_with('+') || negative) text.remove_prefix(1);
        std::int64_t value = 0;
        const auto fault = std::from_chars(text.data(), text.data() + text.size(), value).ec;
        if (fault != std::errc{} || value > kMostPower) value = kMostPower;
        return negative ? -value : value;
    }

    bool negative_ = false;
    std::string digits_;         // without leading and trailing zeros; empty: the number is zero
    std::int64_t exponent_ = 0;  // power of ten of the last digit
};

}  // namespace ezapi
