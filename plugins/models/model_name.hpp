// `namespace.public_model`: split at the first dot, because public model names may contain dots and
// slashes, and namespaces may not.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::models {

inline constexpr size_t kMaxName = 320;

/// The part before the first dot; the whole name when there is no dot.
[[nodiscard]] std::string_view namespace_of(std::string_view name);

/// What is wrong with the name; empty when it is valid.
[[nodiscard]] std::string name_fault(std::string_view name);

[[nodiscard]] bool is_namespace(std::string_view name);

}  // namespace ezapi::models
