// A setting's value: converts the text to JSON and checks it against its schema entry.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/config/schema.hpp"

namespace ezapi::host::config {

using Value = std::variant<int64_t, double, bool, std::string, std::vector<std::string>>;

/// Throws ezapi::Error with found and expected; without the value of a secret.
[[nodiscard]] Value parse_value(const Setting& setting, std::string_view text);

/// The same for a list in YAML.
[[nodiscard]] Value parse_list(const Setting& setting, std::vector<std::string> items);

/// As a JSON literal.
[[nodiscard]] std::string to_json(const Value& value);

/// For display: a list with commas; secrets, values that look like credentials and the credentials
/// of a connection string are masked.
[[nodiscard]] std::string to_display(const Setting& setting, const Value& value);

}  // namespace ezapi::host::config
