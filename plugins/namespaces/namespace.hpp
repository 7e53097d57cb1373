// One namespace: its fields and the validation rules.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/resource/resource.hpp"

namespace ezapi::namespaces {

class Usage;

/// What is wrong with a namespace's name; empty when it is valid. A name has no dot, because
/// `namespace.public_model` is split at the first dot.
[[nodiscard]] std::string name_fault(std::string_view name);

/// `usage` is consulted before a deletion and must outlive the resource.
[[nodiscard]] ResourceSpec namespace_spec(const Usage& usage);

}  // namespace ezapi::namespaces
