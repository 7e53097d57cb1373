// What a comparison of Redis with the database has found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/json.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

/// An entity of which Redis does not hold what the database says, although nothing of it is on its
/// way.
struct Drift {
    enum class Kind {
        missing,
        stale,   // other content, or an older revision
        foreign  // the database does not know it
    };

    Kind kind = Kind::missing;
    Entity entity;
};

[[nodiscard]] std::string_view name_of(Drift::Kind kind);

struct Findings {
    struct Resource {
        std::string name;
        std::int64_t entities = 0;  // in the database
        std::int64_t missing = 0;
        std::int64_t stale = 0;
        std::int64_t foreign = 0;
        std::int64_t repaired = 0;
        std::uint64_t database_digest = 0;  // equal where nothing was found
        std::uint64_t redis_digest = 0;
        std::string fault;  // why the comparison is not complete; empty: it is

        [[nodiscard]] std::int64_t found() const { return missing + stale + foreign; }

        void count(Drift::Kind kind);
    };

    std::vector<Resource> resources;

    [[nodiscard]] std::int64_t found() const;
    [[nodiscard]] std::int64_t repaired() const;
    [[nodiscard]] std::string fault() const;  // the first one

    [[nodiscard]] Json json() const;
};

[[nodiscard]] Json findings_schema();

}  // namespace ezapi::sync
