#include <map>
#include <optional>
#include <utility>

#include "host/changes/bus.hpp"

namespace ezapi::host::changes {
namespace {

/// The action that leads from before `first` to after `next`; nothing: the two cancel out.
std::optional<int32_t> merged(int32_t first, int32_t next) {
    if (next == EZ_TOUCHED) return first;
    if (first == EZ_TOUCHED) return next;
    if (first == EZ_CREATED) return next == EZ_DELETED ? std::nullopt : std::optional(EZ_CREATED);
    if (first == EZ_DELETED && next != EZ_DELETED) return EZ_UPDATED;
    return next;
}

}  // namespace

std::vector<db::Change> coalesce(const std::vector<db::Change>& changes) {
    std::vector<std::optional<db::Change>> kept;
    std::map<std::pair<std::string_view, std::string_view>, size_t> places;
    for (const db::Change& change : changes) {
        const auto [place, fresh] = places.try_emplace({change.resource, change.id}, kept.size());
        if (fresh || !kept[place->second]) {
            place->second = kept.size();
            kept.emplace_back(change);
            continue;
        }
        db::Change& known = *kept[place->second];
        const std::optional<int32_t> action = merged(known.action, change.action);
        if (!action) {
            kept[place->second].reset();
            continue;
        }
        if (known.action == EZ_TOUCHED) known.before = change.before;
        if (change.action != EZ_TOUCHED) known.after = change.after;
        known.action = *action;
    }
    std::vector<db::Change> result;
    for (std::optional<db::Change>& change : kept) {
        if (change) result.push_back(std::move(*change));
    }
    return result;
}

}  // namespace ezapi::host::changes
