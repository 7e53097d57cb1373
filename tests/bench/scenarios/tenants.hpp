// Inserts masters and tokens by SQL, in numbers that would take too long over the API.
#pragma once

#include <cstddef>

#include "tests/bench/stack.hpp"

namespace ezapi::bench {

/// One master per thousand tokens. Token n (from 1) is "sk-seed-<n>", stored as its SHA-256.
void insert_tokens(Stack& stack, size_t count);

}  // namespace ezapi::bench
