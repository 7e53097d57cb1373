#include "backfill/page_reader.hpp"

#include <utility>

#include "delivery/renderer.hpp"

namespace ezapi::sync {
namespace {

/// Both are in the order of their keys; ids that are known as deleted, or not at all, have no row
/// among `known`.
void merge(Page& page, const std::string& resource, Layout layout, std::vector<KnownEntity> known) {
    auto next = known.begin();
    const auto ghosts_before = [&](const std::string* key) {
        for (; next != known.end() && (key == nullptr || next->key < *key); ++next) {
            Page::Entry& ghost = page.ghosts.emplace_back();
            ghost.rendered.entity = {resource, std::move(next->key)};
            ghost.rendered.layout = layout;
            ghost.rendered.revision = next->status.revision;
            ghost.status = next->status;
        }
    };
    for (Page::Entry& entry : page.entries) {
        ghosts_before(&entry.rendered.entity.key);
        if (next == known.end() || next->key != entry.rendered.entity.key) continue;
        entry.status = next->status;
        entry.rendered.revision = next->status.revision;
        ++next;
    }
    ghosts_before(nullptr);
}

/// Those that were deleted once and are there again, or that Redis was never told of.
void look_up_others(Tx& tx, Page& page) {
    Entities others;
    std::vector<Page::Entry*> places;
    for (Page::Entry& entry : page.entries) {
        if (entry.status.revision != 0) continue;
        others.push_back(entry.rendered.entity);
        places.push_back(&entry);
    }
    if (others.empty()) return;
    const std::vector<EntityStatus> entity_statuses = sync::entity_statuses(tx, others);
    for (size_t i = 0; i < places.size(); ++i) {
        places[i]->status = entity_statuses[i];
        places[i]->rendered.revision = entity_statuses[i].revision;
    }
}

}  // namespace

Page PageReader::read(Tx& tx,
                      const std::string& resource,
                      Layout layout,
                      const std::string& after,
                      size_t limit) const {
    Page page;
    page.entries.reserve(limit);
    projections_.scan(tx, resource, after, limit, [&](const Projected& entity) {
        const std::string& last = page.entries.empty() ? after : page.end();
        if (!entity.present || entity.id <= last)
            throw Error(EZ_INTERNAL,
                        "'" + std::string(entity.id) + "' is not behind '" + last + "'");
        Rendered& rendered = page.entries.emplace_back().rendered;
        rendered.entity = {resource, std::string(entity.id)};
        rendered.layout = layout;
        take(rendered, entity);
    });
    page.last = page.entries.size() < limit;
    merge(page,
          resource,
          layout,
          known_entities(tx, resource, after, page.last ? std::string() : page.end()));
    look_up_others(tx, page);
    return page;
}

}  // namespace ezapi::sync
