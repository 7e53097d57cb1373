// POST /admin/bindings/explain: why a token may or may not call a model, and which upstreams would
// serve it. The route writes nothing, so it appears neither in the operation log nor in Redis. The
// token in the body is hashed at once; the plain text is neither stored nor logged.
#pragma once

#include "facts.hpp"

namespace ezapi::bindings {

/// `reader` must outlive the route.
void serve_explanation(Host& host, const FactReader& reader);

}  // namespace ezapi::bindings
