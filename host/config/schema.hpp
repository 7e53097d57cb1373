// The settings: name, type, range, default, and where they are read from. The host's own are a
// table in code (host_settings.cpp); a plugin provides a JSON Schema, of which this subset is
// supported:
//
//     {"type": "object", "properties": {"queue_capacity": {
//         "type": "integer|number|boolean|string|array", "minimum": 1, "maximum": 9, "minLength":
//         1, "maxLength": 9, "enum": ["a"], "default": 5, "writeOnly": true, "description": "…",
//         "x-env": "EZ_LOG_QUEUE", "x-key": "log.queue_capacity",
//         "x-format": "http-url|cidr-list"}}}
//
// An array has strings as its items; in a variable they are separated by commas. `writeOnly` is a
// secret. `x-format` is the format of a string, or of each string of an array.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi::host::config {

enum class Type { kInteger, kNumber, kBoolean, kString, kList };

/// The format of a text. Networks are separated by commas. Connection strings are shown without
/// credentials.
enum class Form { kAny, kHttpUrl, kNetworks, kDsn };

struct Setting {
    std::string name;  // the property; of the host: the key
    std::string key;   // in the file
    std::string env;   // empty: not settable there
    Type type = Type::kString;
    std::string fallback;  // the default in the spelling of a variable; empty: none
    std::string description;
    std::optional<double> minimum;
    std::optional<double> maximum;
    std::optional<size_t> min_length;
    std::optional<size_t> max_length;
    std::vector<std::string> choices;
    Form form = Form::kAny;
    bool secret = false;

    /// "an integer from 1 to 65535", "one of trace, debug".
    [[nodiscard]] std::string allowed() const;
};

using Schema = std::vector<Setting>;

/// "EZ_PLUGINS_PROVIDER_GROUPS_" + `PROPERTY`: the variable of a plugin's property that names none.
[[nodiscard]] std::string plugin_variable(std::string_view plugin, std::string_view property);

/// Reads a plugin's config_schema; empty text is an empty schema. Throws ezapi::Error (EZ_INVALID)
/// that says what is outside the subset.
[[nodiscard]] Schema parse_schema(std::string_view plugin, std::string_view text);

}  // namespace ezapi::host::config
