// One model of the catalogue: its fields and the validation rules.
//
// Rows with source `registry` belong to the registry, which overwrites and removes them. A row that
// is written through the API becomes `manual`, and the registry leaves it alone. It is handed back
// by setting its source to `registry`, or by deleting it.
#pragma once

#include "ezapi/resource/resource.hpp"
#include "ezapi/services/namespaces.hpp"

namespace ezapi::models {

/// The name of a manual model must be in a namespace that exists. Models of the registry are a
/// catalogue: they are named after their providers, whether there is a namespace of that name or
/// not. `namespaces` must outlive the resource.
[[nodiscard]] ResourceSpec model_spec(const Namespaces& namespaces);

}  // namespace ezapi::models
