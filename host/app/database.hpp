// At the start the main database is waited for: services of one machine come up in any order. What
// waiting cannot mend, a wrong password or a database that does not exist, ends the start at once.
#pragma once

#include <chrono>
#include <string>

namespace ezapi::host::app {

class MainLoop;

/// Returns once the server takes this connection. Throws ezapi::Error (EZ_UNAVAILABLE) with the
/// server's own words when it refuses, when `limit` has passed, or when a signal came.
void wait_for_database(const std::string& setting,
                       const std::string& dsn,
                       std::chrono::milliseconds limit,
                       MainLoop& loop);

}  // namespace ezapi::host::app
