// Masks credentials in log lines and messages. Control characters are escaped by ezapi/escape.hpp.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::host::telemetry {

/// Masks tokens (`sk-…`), `Bearer …`, `password=…` and similar names (also as JSON members), and
/// the password in `//user:password@host`. Linear in the text.
[[nodiscard]] std::string redact(std::string_view text);

}  // namespace ezapi::host::telemetry
