// Decompresses Content-Encoding: gzip with a size limit: a larger result is refused before it takes
// memory.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::logs {

/// Accepts one or more gzip members. Throws 400 for invalid data, 413 beyond `most` bytes.
[[nodiscard]] std::string gunzip(std::string_view packed, size_t most);

}  // namespace ezapi::logs
