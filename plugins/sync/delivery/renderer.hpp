// Renders entities as they are now, together with their revisions, in one snapshot of the database.
// An entity whose owner cannot render it is singled out; the others are not held up.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ezapi/db.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

using Layouts = std::map<std::string, Layout, std::less<>>;

[[nodiscard]] Layouts live_layouts(const Projections& projections);

class Renderer {
public:
    Renderer(Db db, Projections projections) : db_(std::move(db)), projections_(projections) {}

    /// `entities` is sorted. Left out are those whose projection is not live, and those that have
    /// no revision. Throws when the database is away.
    [[nodiscard]] std::vector<Rendered> render(const Entities& entities) const;

private:
    using Part = std::span<Rendered>;

    enum class Care { none, savepoints };

    [[nodiscard]] std::vector<Rendered> render(const Entities& entities, Care care) const;
    void isolate(Tx& tx, Part part) const;
    void render_part(Tx& tx, Part part) const;

    Db db_;
    Projections projections_;
};

/// Copies what its owner passed.
void take(Rendered& into, const Projected& entity);

}  // namespace ezapi::sync
