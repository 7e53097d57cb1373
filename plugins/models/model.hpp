// One model of the catalogue: its fields and the rules for writing it.
//
// Rows of source `registry` belong to the registry, which overwrites and removes them. A row that
// somebody writes through the API is `manual` from then on and the registry leaves it alone; it is
// handed back by setting its source to `registry`, or by deleting it.
#pragma once

#include "ezapi/resource/resource.hpp"

namespace ezapi::models {

class Namespaces;

/// `namespaces` is asked for the namespaces of names and must outlive the resource.
[[nodiscard]] ResourceSpec model_spec(const Namespaces& namespaces);

}  // namespace ezapi::models
