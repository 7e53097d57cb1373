// What a plugin declares of an entity: its table, its fields and its rules.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ezapi/db.hpp"
#include "ezapi/resource/body.hpp"
#include "ezapi/resource/field.hpp"
#include "ezapi/resource/record.hpp"

namespace ezapi {

/// A unique constraint of the table; its violation names the row in the way.
struct Unique {
    std::string constraint;
    std::vector<std::string> fields;
};

/// A foreign key of the table; its violation on insert or update names the field.
struct Foreign {
    std::string constraint;
    std::string field;
    std::string resource;  // what it refers to, for the message
};

/// Fixes one field, as the path or the caller does: a master's own keys.
struct Within {
    std::string field;
    std::int64_t id = 0;
};

struct ResourceSpec {
    std::string name;  // plural, in messages, changes and audit rows
    std::string table;
    std::string schema;  // name of the OpenAPI schema
    std::vector<Field> fields;
    std::vector<Unique> uniques = {};
    std::vector<Foreign> foreigns = {};
    bool warns = false;               // the answer to a write may carry `warnings`, see Draft::warn
    std::vector<Field> reveals = {};  // what the answer to a creation carries besides, for OpenAPI
    /// Rules over several fields, and columns that code sets. Runs before the row is written.
    std::function<void(Tx&, Draft&)> prepare = {};
    /// After a row was written: before is nullptr at creation, after is nullptr at deletion.
    std::function<void(Tx&, const Record* before, const Record* after)> written = {};
    /// Throws when the row must stay. The row is locked.
    std::function<void(Tx&, const Record&)> deleting = {};
};

/// Moves fields into a vector: they are not copyable from an initializer list of rvalues without
/// copies.
template <class... Each>
[[nodiscard]] std::vector<Field> fields(Each&&... each) {
    std::vector<Field> out;
    out.reserve(sizeof...(each));
    (out.push_back(std::forward<Each>(each)), ...);
    return out;
}

}  // namespace ezapi
