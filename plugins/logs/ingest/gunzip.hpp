// Content-Encoding: gzip, with an end in sight: what inflates to more than it may is refused before
// it takes the memory.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::logs {

/// One or several gzip members. Throws a 400 Error for what is none, 413 beyond `most` bytes.
[[nodiscard]] std::string gunzip(std::string_view packed, size_t most);

}  // namespace ezapi::logs
