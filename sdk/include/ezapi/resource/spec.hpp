// The declaration of an entity: its table, its fields and its rules.
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

/// A unique constraint of the table. The error of a violation names the row that conflicts.
struct Unique {
    std::string constraint;
    std::vector<std::string> fields;
};

/// A foreign key of the table. The error of a violation by an insert or update names the field.
struct Foreign {
    std::string constraint;
    std::string field;
    std::string resource;  // the resource that it refers to, for the message
};

/// A fixed value of one field, given by the path or the caller: the keys of one master.
struct Within {
    std::string field;
    std::int64_t id = 0;
};

struct ResourceSpec {
    std::string name;  // plural; for messages, changes and audit rows
    std::string table;
    std::string schema;  // name of the OpenAPI schema
    std::vector<Field> fields;
    std::vector<Unique> uniques = {};
    std::vector<Foreign> foreigns = {};
    bool warns = false;               // answers to writes may contain `warnings`, see Draft::warn
    std::vector<Field> reveals = {};  // members shown once, on creation; for OpenAPI
    /// Checks rules over several fields and sets columns by code. Called before the row is written.
    std::function<void(Tx&, Draft&)> prepare = {};
    /// Called after a row was written. `before` is nullptr on creation, `after` on deletion.
    std::function<void(Tx&, const Record* before, const Record* after)> written = {};
    /// Throws when the row must not be deleted. The row is locked.
    std::function<void(Tx&, const Record&)> deleting = {};
};

/// Moves fields into a vector; an initializer list would copy them.
template <class... Each>
[[nodiscard]] std::vector<Field> fields(Each&&... each) {
    std::vector<Field> out;
    out.reserve(sizeof...(each));
    (out.push_back(std::forward<Each>(each)), ...);
    return out;
}

}  // namespace ezapi
