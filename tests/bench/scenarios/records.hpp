// Log records as a gateway of some size sends them: 1,000 tokens of 50 masters, two models each.
#pragma once

#include <cstdint>
#include <string>

namespace ezapi::bench {

enum class RecordShape { ours, peer };  // the other product takes times as unix milliseconds

/// `count` records with ids from `first` on, as a JSON array.
[[nodiscard]] std::string records_body(RecordShape shape, std::uint64_t first, size_t count);

}  // namespace ezapi::bench
