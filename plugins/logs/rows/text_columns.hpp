// Rows as PostgreSQL text arrays, one for each column of kCopyRows. For a single statement, when a
// group is too small to be worth the round trips of a COPY.
#pragma once

#include <array>
#include <span>
#include <string>

#include "rows/row_block.hpp"

namespace ezapi::logs {

inline constexpr size_t kRowColumns = 21;

/// Of the rows that are new.
[[nodiscard]] std::array<std::string, kRowColumns> text_columns(std::span<const RowRef> rows);

}  // namespace ezapi::logs
