// Log records as sent by a gateway with 1,000 tokens of 50 masters, two models each.
#pragma once

#include <cstdint>
#include <string>

namespace ezapi::bench {

enum class RecordShape { ours, peer };  // the other product expects unix milliseconds

/// `count` records with ids from `first` on, as a JSON array.
[[nodiscard]] std::string records_body(RecordShape shape, std::uint64_t first, size_t count);

}  // namespace ezapi::bench
