// A setting's value: from the text in which it was written to JSON, judged by its schema entry.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/config/schema.hpp"

namespace ezapi::host::config {

using Value = std::variant<int64_t, double, bool, std::string, std::vector<std::string>>;

/// Throws ezapi::Error whose message is what was found and what is allowed; a secret's value is
/// left out.
[[nodiscard]] Value parse_value(const Setting& setting, std::string_view text);

/// The same for a list that was written as a list.
[[nodiscard]] Value parse_list(const Setting& setting, std::vector<std::string> items);

/// As a JSON literal.
[[nodiscard]] std::string to_json(const Value& value);

/// For people: a list with commas, a secret masked, of a connection string what is no credential,
/// and nothing of a value that has the form of one.
[[nodiscard]] std::string to_display(const Setting& setting, const Value& value);

}  // namespace ezapi::host::config
