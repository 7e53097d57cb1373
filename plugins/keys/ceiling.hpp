// Values that an admin sets on a token are upper limits for its tenant: the tenant may only set
// values within them, and only an admin can activate a token that an admin has suspended. The
// column `limits` holds the upper limits by field, `suspended_by` who suspended the token. Both are
// visible to the tenant.
#pragma once

#include "ezapi/resource/body.hpp"

namespace ezapi::keys {

enum class Author { admin, tenant };

/// Checks and updates the limits and the status of a settled draft (see issuing.hpp). A write by an
/// admin sets the upper limits: of the fields that it changes, and of those that a PATCH names. A
/// write by a tenant gets a fault for each field outside its limit.
void apply_ceilings(Draft& draft, Author author);

/// True when an admin has limited or suspended the token. A tenant cannot delete such a token,
/// because a new one would have no limits.
[[nodiscard]] bool is_limited(const Json& token);

}  // namespace ezapi::keys
