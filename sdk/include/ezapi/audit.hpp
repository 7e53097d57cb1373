// The terms of the operation log: who acted, and what was done.
#pragma once

#include <cstdint>
#include <string_view>

#include "ezapi/abi.h"

namespace ezapi {

/// "create", "update" or "delete" for EZ_CREATED, EZ_UPDATED or EZ_DELETED.
[[nodiscard]] inline std::string_view action_name(std::int32_t action) {
    if (action == EZ_CREATED) return "create";
    return action == EZ_DELETED ? "delete" : "update";
}

/// "admin", "master", "internal", "public" or "system". `in_request` is false for a job and for the
/// process itself.
[[nodiscard]] inline std::string_view actor_kind(std::int32_t access, bool in_request) {
    switch (access) {
        case EZ_ADMIN:
            return "admin";
        case EZ_MASTER:
            return "master";
        case EZ_INTERNAL_ONLY:
            return "internal";
        default:
            return in_request ? "public" : "system";
    }
}

}  // namespace ezapi
