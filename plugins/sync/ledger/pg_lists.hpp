// Entities as parameters of a statement: parallel arrays for unnest().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/entity.hpp"

namespace ezapi::sync {

/// PostgreSQL's text of an array of what `text_of` makes of each item.
template <class Items, class TextOf>
[[nodiscard]] std::string pg_list(const Items& items, TextOf&& text_of) {
    std::vector<std::string> texts;
    texts.reserve(items.size());
    for (const auto& item : items) texts.emplace_back(text_of(item));
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    return pg_array(views);
}

[[nodiscard]] inline std::string resources_of(const Entities& entities) {
    return pg_list(entities, [](const Entity& entity) { return entity.resource; });
}

[[nodiscard]] inline std::string keys_of(const Entities& entities) {
    return pg_list(entities, [](const Entity& entity) { return entity.key; });
}

}  // namespace ezapi::sync
