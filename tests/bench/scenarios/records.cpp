#include "tests/bench/scenarios/records.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace ezapi::bench {
namespace {

constexpr std::array<const char*, 8> kModels{"gpt-4o",
                                             "gpt-4o-mini",
                                             "claude-sonnet",
                                             "claude-haiku",
                                             "gemini-pro",
                                             "deepseek-chat",
                                             "qwen-max",
                                             "llama-70b"};

/// SplitMix64: request ids are distributed like random ones, but are the same in every run.
std::uint64_t scattered(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

std::string time_text(RecordShape shape, std::int64_t milliseconds) {
    if (shape == RecordShape::peer) return std::to_string(milliseconds);
    const std::time_t seconds = milliseconds / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char date[32];
    const size_t length = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    char fraction[8];
    std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(milliseconds % 1000));
    return "\"" + std::string(date, length) + fraction + "\"";
}

void append_record(std::string& body, RecordShape shape, std::uint64_t number, std::int64_t now) {
    const std::uint64_t dice = scattered(number);
    const auto key = static_cast<unsigned>(dice % 1000);
    const size_t model = (key + (dice >> 10) % 2) % kModels.size();
    const bool failed = (dice >> 12) % 50 == 0;
    char text[512];
    const int length = std::snprintf(
        text,
        sizeof text,
        R"({"request_id":"req-%016llx%016llx","master_id":%u,"key_id":%u,"group":"default","model":"%s",)"
        R"("provider_id":%u,"status_code":%d,"latency_ms":%u,"tokens_in":%u,"tokens_out":%u,)"
        R"("error":"%s","client_ip":"10.1.%u.%u","created_at":%s})",
        static_cast<unsigned long long>(dice),
        static_cast<unsigned long long>(number),
        key % 50 + 1,
        key + 1,
        kModels[model],
        static_cast<unsigned>(model + 1),
        failed ? 502 : 200,
        static_cast<unsigned>(20 + (dice >> 20) % 9000),
        static_cast<unsigned>(10 + (dice >> 34) % 4000),
        static_cast<unsigned>(1 + (dice >> 46) % 2000),
        failed ? "upstream timeout" : "",
        static_cast<unsigned>((dice >> 8) % 256),
        static_cast<unsigned>((dice >> 16) % 256),
        time_text(shape, now).c_str());
    body.append(text, static_cast<size_t>(length));
}

}  // namespace

std::string records_body(RecordShape shape, std::uint64_t first, size_t count) {
    const std::int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count();
    std::string body = "[";
    for (size_t i = 0; i < count; ++i) {
        if (i > 0) body += ',';
        append_record(body, shape, first + i, now);
    }
    return body + "]";
}

}  // namespace ezapi::bench
