// One namespace: its fields and the rules for writing it.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/resource/resource.hpp"

namespace ezapi::namespaces {

class Usage;

/// What is wrong with a namespace's name; empty: nothing. `namespace.public_model` is split at the
/// first dot, so a name has none.
[[nodiscard]] std::string name_fault(std::string_view name);

/// `usage` is asked before a deletion and must outlive the resource.
[[nodiscard]] ResourceSpec namespace_spec(const Usage& usage);

}  // namespace ezapi::namespaces
