// The process's log: one line per event on standard error, as text or JSON. Credentials are masked
// and control characters escaped in every line, so callers need not do it. Usable from any thread,
// also before `main` has configured it.
//
//     telemetry::log(EZ_LOG_WARN, "db", "pool main: waited 500 ms for a connection");
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "ezapi/abi.h"

namespace ezapi::host::telemetry {

enum class LogFormat { kText, kJson };

/// Writes one line; `level` is EZ_LOG_TRACE ... EZ_LOG_ERROR. Never throws and never blocks on more
/// than the write itself.
void log(int32_t level, std::string_view component, std::string_view text) noexcept;

/// Lines below this level are dropped; `info` until set.
void set_level(int32_t level) noexcept;
[[nodiscard]] int32_t level() noexcept;

/// "trace" ... "error"; nothing for any other name.
[[nodiscard]] std::optional<int32_t> level_of(std::string_view name) noexcept;
[[nodiscard]] std::string_view level_name(int32_t level) noexcept;

void set_format(LogFormat format) noexcept;

/// Sends finished lines, without the line end, to `sink` instead of standard error; an empty one
/// goes back to it. For tests.
void set_sink(std::function<void(std::string_view line)> sink);

}  // namespace ezapi::host::telemetry
