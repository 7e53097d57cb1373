// Finds the known name closest to a misspelt one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ezapi::host::config {

/// The known name within two edits (insert, delete, replace, swap of neighbours), one for names of
/// up to four letters; empty when there is none.
[[nodiscard]] std::string nearest(std::string_view name, std::span<const std::string> known);

}  // namespace ezapi::host::config
