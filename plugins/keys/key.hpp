// One token: its fields, and the side effects of writing it.
#pragma once

#include <cstdint>
#include <string_view>

#include "ezapi/resource/resource.hpp"

namespace ezapi::keys {

class Issuing;

/// `issuing` must outlive the resource.
[[nodiscard]] ResourceSpec key_spec(const Issuing& issuing);

/// The number of tokens that name the namespace.
[[nodiscard]] std::int64_t count_in_namespace(Tx& tx, std::string_view name);

}  // namespace ezapi::keys
