// Which part of a setting's value may be shown. Settings are typed by hand, so a credential can be
// in the wrong place: after a mistyped key, before a host name, in another setting. So only parts
// that are known to be harmless are shown; masking known secrets would not be enough.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ezapi::host::config {

/// Whether the text has none of the forms in which a credential is written: `key=value`,
/// `user:password@host`, a token, an `Authorization` header.
[[nodiscard]] bool is_harmless(std::string_view text);

/// For messages: the text quoted, shortened and escaped, or a remark that it is not shown if it, or
/// the value that contains it, may be a credential.
[[nodiscard]] std::string quoted(std::string_view text, std::string_view whole);

[[nodiscard]] inline std::string quoted(std::string_view text) {
    return quoted(text, text);
}

/// The message with each occurrence of a value replaced by a remark, unless all are harmless.
[[nodiscard]] std::string without_values(std::string message, std::span<const std::string> values);

using DsnPairs = std::vector<std::pair<std::string, std::string>>;

/// Keys and values of a connection string by the grammar of libpq: white space between pairs and
/// around '=', values in single quotes, backslashes that escape. Nothing when it violates the
/// grammar. Keys are not checked.
[[nodiscard]] std::optional<DsnPairs> parse_dsn(std::string_view dsn);

/// The location of the database and the user, in the order of the string; every other value is
/// masked, and so is a key that libpq does not have.
[[nodiscard]] std::string shown_dsn(std::string_view dsn);

}  // namespace ezapi::host::config
