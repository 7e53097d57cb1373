// Entities as parameters of a statement: parallel arrays for unnest().
#pragma once

#include <ranges>
#include <string>

#include "ezapi/base/pg_array.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

[[nodiscard]] inline std::string resources_of(const Entities& entities) {
    return pg_array(entities | std::views::transform(&Entity::resource));
}

[[nodiscard]] inline std::string keys_of(const Entities& entities) {
    return pg_array(entities | std::views::transform(&Entity::key));
}

}  // namespace ezapi::sync
