// The words of this plugin: an entity of a projection, and what became of it on its way to Redis.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ezapi/changes.hpp"

namespace ezapi::sync {

/// Ordered by bytes, as the tables are: whoever locks many rows does it in this order.
struct Entity {
    std::string resource;
    std::string key;

    auto operator<=>(const Entity&) const = default;
};

using Entities = std::vector<Entity>;

/// An entity as it must stand in Redis under a revision.
struct Rendered {
    Entity entity;
    Layout layout = Layout::field;
    std::int64_t revision = 0;  // 0: older than any
    bool present = false;
    std::string value;                                        // Layout::field
    std::vector<std::pair<std::string, std::string>> fields;  // the other layouts
    std::string fault;  // why it could not be rendered; empty: it was
};

/// What became of a rendered entity.
struct Outcome {
    enum class Kind {
        applied,
        superseded,  // Redis holds a newer revision
        fenced,      // Redis was emptied or filled since it was rendered, or has yet to be filled
        failed
    };

    Kind kind = Kind::failed;
    std::int64_t stored = 0;  // superseded: the newer revision
    std::string fault = {};   // failed: the reason, fit for the operator
};

}  // namespace ezapi::sync
