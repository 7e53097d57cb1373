// `namespace.public_model`: split at the FIRST dot, because public model names have dots and
// slashes of their own and namespaces have none.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::models {

inline constexpr size_t kMaxName = 320;

/// What stands in front of the first dot; the whole name where there is none.
[[nodiscard]] std::string_view namespace_of(std::string_view name);

/// What is wrong with the name; empty: nothing.
[[nodiscard]] std::string name_fault(std::string_view name);

[[nodiscard]] bool is_namespace(std::string_view name);

}  // namespace ezapi::models
