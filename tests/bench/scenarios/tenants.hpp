// Masters and tokens in the database of a stack, inserted by SQL: as many as no client would wait
// for.
#pragma once

#include <cstddef>

#include "tests/bench/stack.hpp"

namespace ezapi::bench {

/// One master for each thousand tokens; token n (from 1) is "sk-seed-<n>", known by its SHA-256.
void insert_tokens(Stack& stack, size_t count);

}  // namespace ezapi::bench
