// What an admin set on a token is a ceiling for its tenant: the tenant's own values lie within it,
// and only an admin activates a token that an admin suspended. The column `limits` holds the
// ceilings by field; `suspended_by` says who suspended it. Both are shown to the tenant.
#pragma once

#include "ezapi/resource/body.hpp"

namespace ezapi::keys {

enum class Author { admin, tenant };

/// Judges the limits and the state of a settled draft (see issuing.hpp). An admin's write becomes
/// the ceiling: the fields that it changes, and those that a PATCH names. A tenant's write gets a
/// fault for each field that leaves its ceiling.
void apply_ceilings(Draft& draft, Author author);

/// Whether an admin limits or has suspended the token; a tenant cannot delete it then, because a
/// new one would have no limits.
[[nodiscard]] bool is_limited(const Json& token);

}  // namespace ezapi::keys
