// How the data plane sees models: each as a field of the hash meta:models, and a summary of all in
// the hash meta:models_meta, whose checksum tells whether a copy is complete.
//
// The checksum is a SHA-256 over `field "\n" value "\n"`, ordered by field (bytewise). It is
// computed page by page when it is delivered, so that a write costs nothing and many writes cost
// one computation.
#pragma once

#include <functional>
#include <string_view>

#include "ezapi/plugin.hpp"

namespace ezapi::models {

inline constexpr std::string_view kModels = "meta:models";
inline constexpr std::string_view kMeta = "meta";
inline constexpr std::string_view kModelsMeta = "models_meta";

[[nodiscard]] Projection model_projection();
[[nodiscard]] Projection models_meta_projection();

/// Stores the time of the last change: once and last in each transaction, so that writers of
/// different models block each other only at their commits.
void keep_change_time(Host& host);

/// Computed over all models that are visible in `tx`.
[[nodiscard]] std::string models_checksum(Tx& tx);

}  // namespace ezapi::models
