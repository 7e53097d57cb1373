// How models look to the data plane: each as a field of the hash meta:models, and all of them
// together as the hash meta:models_meta, whose checksum tells whether a copy is complete.
//
// The checksum is SHA-256 over `field "\n" value "\n"` in byte order of the fields. It is computed
// when it is delivered, page by page, so that a write costs nothing and any number of writes cost
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

/// Keeps the time of the last change: once per transaction and last, so that writers of different
/// models wait for each other at their commits only.
void keep_change_time(Host& host);

/// Over all models, as they are seen in `tx`.
[[nodiscard]] std::string models_checksum(Tx& tx);

}  // namespace ezapi::models
