// Waits for the main database at the start, because services of one machine start in any order.
// Permanent errors, like a wrong password or a missing database, end the start at once.
#pragma once

#include <chrono>
#include <string>

namespace ezapi::host::app {

class MainLoop;

/// Returns once the server accepts this connection. Throws ezapi::Error (EZ_UNAVAILABLE) with the
/// server's message when it refuses, when `limit` has passed, or when a signal arrived.
void wait_for_database(const std::string& setting,
                       const std::string& dsn,
                       std::chrono::milliseconds limit,
                       MainLoop& loop);

}  // namespace ezapi::host::app
