#include "backfill/key_scan.hpp"

#include <algorithm>
#include <set>

#include "delivery/renderer.hpp"
#include "delivery/scripts.hpp"
#include "ezapi/escape.hpp"

namespace ezapi::sync {
namespace {

constexpr const char* kCount = "1000";

/// `*`, `?`, `[`, `]` and `\` as themselves in a pattern of SCAN.
std::string literal(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("*?[]\\").find(c) != std::string_view::npos) out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

Words page_behind(const std::string& cursor, const std::string& resource, Layout layout) {
    switch (layout) {
        case Layout::hash:
            return {"SCAN", cursor, "MATCH", literal(resource) + ":*", "COUNT", kCount};
        case Layout::field:
            return {"HSCAN", resource, cursor, "COUNT", kCount};
        default:
            return {"HSCAN", revisions_key(resource), cursor, "COUNT", kCount};
    }
}

}  // namespace

void KeyScan::walk(const std::string& resource, Layout layout, const Each& each) const {
    std::string cursor = "0";
    do {
        const Reply reply = redis_.command(page_behind(cursor, resource, layout));
        cursor = reply[0].string();
        const std::vector<std::string> ids = ids_in(resource, layout, reply[1].array());
        if (!ids.empty()) each(ids);
    } while (cursor != "0");
}

/// Keys under the longer prefix of another projection are not of this one.
std::vector<std::string> KeyScan::ids_in(const std::string& resource,
                                         Layout layout,
                                         const Reply& page) const {
    std::vector<std::string> longer;
    for (const auto& [name, other] : live_layouts(projections_)) {
        if (name.size() > resource.size()) longer.push_back(name);
    }
    std::set<std::string> ids;
    const bool keys = layout == Layout::hash;
    for (size_t i = 0; i < page.size(); i += keys ? 1 : 2) {
        const Reply element = page[i];
        const std::string_view key = element.string();
        // PostgreSQL cannot store this text: no entity has the name, and a query with it would
        // fail.
        if (!is_storable(key)) continue;
        if (!keys) {
            ids.emplace(key);
            continue;
        }
        const bool foreign = std::any_of(longer.begin(), longer.end(), [&](const auto& name) {
            return key == name || key.starts_with(name + ":");
        });
        if (!foreign && key.starts_with(resource + ":"))
            ids.emplace(key.substr(resource.size() + 1));
    }
    return {ids.begin(), ids.end()};
}

}  // namespace ezapi::sync
