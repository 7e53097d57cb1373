#include "host/telemetry/log.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "ezapi/escape.hpp"
#include "host/telemetry/redact.hpp"

namespace ezapi::host::telemetry {
namespace {

// Longer lines are cut: a line is a record of one event, not a place for payloads.
constexpr size_t kMaxText = size_t{16} * 1024;

constexpr std::array<std::string_view, 5> kLevelNames = {"trace", "debug", "info", "warn", "error"};

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit FunctionSink(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        write_({message.payload.data(), message.payload.size()});
    }

    void flush_() override {}

private:
    std::function<void(std::string_view)> write_;
};

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
    auto logger = std::make_shared<spdlog::logger>("ezapi", std::move(sink));
    logger->set_pattern("%v");  // lines are formatted here
    logger->set_level(spdlog::level::trace);
    return logger;
}

struct State {
    std::atomic<int32_t> level{EZ_LOG_INFO};
    std::atomic<LogFormat> format{LogFormat::kText};
    std::mutex mutex;  // guards the pointer only; the logger is thread-safe
    std::shared_ptr<spdlog::logger> logger =
        make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>());

    std::shared_ptr<spdlog::logger> current() {
        const std::scoped_lock lock(mutex);
        return logger;
    }
};

/// Never destroyed: threads and static destructors may still write lines while the process ends.
State& state() {
    static auto* const instance = new State;
    return *instance;
}

std::string_view name_of(int32_t level) {
    const auto index = static_cast<size_t>(level < 0 ? 0 : level);
    return kLevelNames[std::min(index, kLevelNames.size() - 1)];
}

std::string now() {
    using namespace std::chrono;
    const auto time = system_clock::now();
    const auto ms = duration_cast<milliseconds>(time.time_since_epoch()).count() % 1000;
    const std::time_t seconds = system_clock::to_time_t(time);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                       utc.tm_year + 1900,
                       utc.tm_mon + 1,
                       utc.tm_mday,
                       utc.tm_hour,
                       utc.tm_min,
                       utc.tm_sec,
                       ms);
}

std::string line_of(LogFormat format,
                    int32_t level,
                    std::string_view component,
                    std::string_view text) {
    std::string message = redact(text.substr(0, kMaxText));
    if (text.size() > kMaxText) message += " …";
    message = escape_controls(message);
    const std::string source = escape_controls(component);
    if (format == LogFormat::kText) {
        return fmt::format("{} {:<5} {}: {}", now(), name_of(level), source, message);
    }
    const nlohmann::ordered_json record = {
        {"time", now()}, {"level", name_of(level)}, {"component", source}, {"message", message}};
    return record.dump();
}

}  // namespace

void log(int32_t level, std::string_view component, std::string_view text) noexcept {
    State& log_state = state();
    if (level < log_state.level.load(std::memory_order_relaxed)) return;
    try {
        const std::string line = line_of(log_state.format.load(), level, component, text);
        log_state.current()->log(spdlog::level::info,
                                 spdlog::string_view_t(line.data(), line.size()));
    } catch (const std::exception&) {
        // No memory for the line, or a sink that fails.
        constexpr std::string_view kLost = "error host: a line of the log is lost\n";
        [[maybe_unused]] const ssize_t written = ::write(2, kLost.data(), kLost.size());
    }
}

void set_level(int32_t level) noexcept {
    state().level = level;
}

int32_t level() noexcept {
    return state().level;
}

std::optional<int32_t> level_of(std::string_view name) noexcept {
    for (size_t i = 0; i < kLevelNames.size(); ++i) {
        if (kLevelNames[i] == name) return static_cast<int32_t>(i);
    }
    return std::nullopt;
}

std::string_view level_name(int32_t level) noexcept {
    return name_of(level);
}

void set_format(LogFormat format) noexcept {
    state().format = format;
}

void set_sink(std::function<void(std::string_view)> sink) {
    spdlog::sink_ptr target;
    if (sink) {
        target = std::make_shared<FunctionSink>(std::move(sink));
    } else {
        target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }
    State& log_state = state();
    const std::scoped_lock lock(log_state.mutex);
    log_state.logger = make_logger(std::move(target));
}

}  // namespace ezapi::host::telemetry
