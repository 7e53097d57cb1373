#include "query/figures.hpp"

#include <cmath>
#include <cstdio>

#include "ezapi/openapi.hpp"
#include "rollup/saturation.hpp"

namespace ezapi::logs {
namespace {

constexpr std::int64_t kNano = 1'000'000'000;

/// Appends billionths as an exact decimal number.
void append_cost(std::string& out, WideSum nano) {
    if (nano < 0) out.push_back('-');
    const WideSum absolute = nano < 0 ? -nano : nano;
    char text[48];
    const int length = std::snprintf(text,
                                     sizeof text,
                                     "%llu.%09llu",
                                     static_cast<unsigned long long>(absolute / kNano),
                                     static_cast<unsigned long long>(absolute % kNano));
    std::string_view digits(text, static_cast<size_t>(length));
    digits = digits.substr(0, digits.find_last_not_of('0') + 1);
    if (digits.ends_with('.')) digits.remove_suffix(1);
    out += digits;
}

/// Appends milliseconds with up to three decimals.
void append_ms(std::string& out, std::string_view name, double ms) {
    char text[48];
    const int length = std::snprintf(text, sizeof text, "%.3f", ms);
    std::string_view digits(text, static_cast<size_t>(length));
    digits = digits.substr(0, digits.find_last_not_of('0') + 1);
    if (digits.ends_with('.')) digits.remove_suffix(1);
    out.push_back('"');
    out += name;
    out += "\":";
    out += digits;
}

void append_count(std::string& out, std::string_view name, std::int64_t count) {
    out.push_back('"');
    out += name;
    out += "\":";
    out += std::to_string(count);
    out.push_back(',');
}

}  // namespace

WideSum wide_sum(std::string_view text) {
    const bool negative = text.starts_with('-');
    WideSum out = 0;
    for (const char digit : text.substr(negative ? 1 : 0)) out = out * 10 + (digit - '0');
    return negative ? -out : out;
}

void Aggregate::add(const Aggregate& other) {
    const auto add_to = [](std::int64_t& sum, std::int64_t part) {
        sum = saturated_sum(sum, part);
    };
    add_to(requests, other.requests);
    add_to(errors, other.errors);
    add_to(tokens_in, other.tokens_in);
    add_to(tokens_out, other.tokens_out);
    add_to(tokens_cached, other.tokens_cached);
    cost_nano += other.cost_nano;
    add_to(latency_sum_ms, other.latency_sum_ms);
    latency.merge(other.latency);
}

void Aggregate::append_members(std::string& out) const {
    append_count(out, "requests", requests);
    append_count(out, "errors", errors);
    append_count(out, "tokens_in", tokens_in);
    append_count(out, "tokens_out", tokens_out);
    append_count(out, "tokens_cached", tokens_cached);
    out += "\"cost\":";
    append_cost(out, cost_nano);
    out += ",\"latency_ms\":{";
    append_ms(
        out,
        "avg",
        requests == 0 ? 0 : static_cast<double>(latency_sum_ms) / static_cast<double>(requests));
    out.push_back(',');
    append_ms(out, "p50", latency.quantile(0.50));
    out.push_back(',');
    append_ms(out, "p95", latency.quantile(0.95));
    out.push_back(',');
    append_ms(out, "p99", latency.quantile(0.99));
    out.push_back('}');
}

Json figures_properties() {
    const Json number{{"type", "number"}};
    return {{"requests", integer_schema()},
            {"errors", integer_schema()},
            {"tokens_in", integer_schema()},
            {"tokens_out", integer_schema()},
            {"tokens_cached", integer_schema()},
            {"cost", number},
            {"latency_ms",
             object_schema({{"avg", number}, {"p50", number}, {"p95", number}, {"p99", number}})}};
}

}  // namespace ezapi::logs
