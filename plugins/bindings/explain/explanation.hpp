// POST /admin/bindings/explain: why a token may or may not call a model, and what would serve it.
// It writes nothing, so neither the operation log nor Redis learns of it; the token in its body is
// hashed at once and goes nowhere.
#pragma once

#include "facts.hpp"

namespace ezapi::bindings {

/// `reader` must outlive the route.
void serve_explanation(Host& host, const FactReader& reader);

}  // namespace ezapi::bindings
