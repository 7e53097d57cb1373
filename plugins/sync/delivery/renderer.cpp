#include "delivery/renderer.hpp"

#include <algorithm>

#include "ledger/ledger.hpp"

namespace ezapi::sync {
namespace {

/// The fault of an entity, or of what all of them need?
bool is_everybodys(const Error& error) {
    return error.status() == EZ_UNAVAILABLE || error.status() == EZ_TIMEOUT ||
           error.status() == EZ_EXHAUSTED;
}

}  // namespace

Layouts live_layouts(const Projections& projections) {
    Layouts out;
    for (const ProjectionInfo& info : projections.live()) out.emplace(info.resource, info.layout);
    return out;
}

void take(Rendered& into, const Projected& entity) {
    into.present = entity.present;
    into.value = entity.value;
    into.fields.clear();
    for (const ez_pair& field : entity.fields)
        into.fields.emplace_back(view(field.name), view(field.value));
}

/// With care only where it is needed: the savepoints cost two round trips each.
std::vector<Rendered> Renderer::render(const Entities& entities) const {
    try {
        return render(entities, Care::none);
    } catch (const Error& error) {
        if (is_everybodys(error)) throw;
    }
    return render(entities, Care::savepoints);
}

std::vector<Rendered> Renderer::render(const Entities& entities, Care care) const {
    const Layouts layouts = live_layouts(projections_);
    Tx tx = db_.begin({.isolation = EZ_REPEATABLE_READ, .read_only = true});
    const std::vector<std::int64_t> revisions = Ledger::revisions(tx, entities);
    std::vector<Rendered> out;
    for (size_t i = 0; i < entities.size(); ++i) {
        const auto layout = layouts.find(entities[i].resource);
        if (layout == layouts.end() || revisions[i] == 0) continue;
        Rendered& rendered = out.emplace_back();
        rendered.entity = entities[i];
        rendered.layout = layout->second;
        rendered.revision = revisions[i];
    }
    for (auto first = out.begin(); first != out.end();) {
        const auto last = std::find_if(first, out.end(), [&](const Rendered& each) {
            return each.entity.resource != first->entity.resource;
        });
        care == Care::none ? render_part(tx, Part(first, last)) : isolate(tx, Part(first, last));
        first = last;
    }
    tx.commit();
    return out;
}

/// Halves a part that fails until the entities at fault are alone.
void Renderer::isolate(Tx& tx, Part part) const {
    tx.query("SAVEPOINT part");
    try {
        render_part(tx, part);
        tx.query("RELEASE SAVEPOINT part");
        return;
    } catch (const Error& error) {
        if (is_everybodys(error)) throw;
        tx.query("ROLLBACK TO SAVEPOINT part");
        tx.query("RELEASE SAVEPOINT part");
        if (part.size() == 1) {
            part.front().fault = std::string("rendering failed: ") + error.what();
            return;
        }
    }
    isolate(tx, part.first(part.size() / 2));
    isolate(tx, part.subspan(part.size() / 2));
}

void Renderer::render_part(Tx& tx, Part part) const {
    std::vector<std::string_view> ids;
    ids.reserve(part.size());
    for (const Rendered& each : part) ids.push_back(each.entity.key);
    size_t passed = 0;
    projections_.render(tx, part.front().entity.resource, ids, [&](const Projected& entity) {
        const auto place = std::lower_bound(
            part.begin(), part.end(), entity.id, [](const Rendered& each, auto id) {
                return each.entity.key < id;
            });
        if (place == part.end() || place->entity.key != entity.id)
            throw Error(EZ_INTERNAL, "'" + std::string(entity.id) + "' was not asked for");
        take(*place, entity);
        ++passed;
    });
    if (passed != part.size()) {
        throw Error(EZ_INTERNAL,
                    "expected " + std::to_string(part.size()) + " entities, its owner passed " +
                        std::to_string(passed));
    }
}

}  // namespace ezapi::sync
