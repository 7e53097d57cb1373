// Connection strings: libpq keywords as Poco parses them, separated by single spaces and without
// quoting. What Poco would silently misread is refused at the start, naming the key and never the
// value.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace ezapi::host::db {

/// Throws EZ_INVALID with one sentence; `setting` names the string in it, e.g. "postgres.dsn".
void check_dsn(std::string_view setting, std::string_view dsn);

/// Adds `connect_timeout` unless the string has one; libpq counts whole seconds and at least two.
[[nodiscard]] std::string with_connect_timeout(std::string_view dsn,
                                               std::chrono::milliseconds limit);

}  // namespace ezapi::host::db
