// What may not stand in a log line or a message: credentials are masked, control characters
// escaped.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::host::telemetry {

/// Masks tokens (`sk-…`), `Bearer …`, `password=…` and its kin (also as JSON members), and the
/// password in `//user:password@host`. Linear in the text.
[[nodiscard]] std::string redact(std::string_view text);

/// Line breaks and other control characters (C0, DEL, C1) become `\n`, `\x1b`, `\u0085`; bytes that
/// are not UTF-8 become `\xNN`. A line stays one line and cannot steer a terminal.
[[nodiscard]] std::string escape_controls(std::string_view text);

}  // namespace ezapi::host::telemetry
