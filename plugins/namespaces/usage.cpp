#include "usage.hpp"

#include <algorithm>
#include <mutex>

namespace ezapi::namespaces {

const ez_namespaces_v1 Usage::kTable = {
    sizeof(ez_namespaces_v1),
    [](void* self, ez_str kind, ez_namespace_usage_fn count, void* user, ez_error* error) noexcept {
        return guard(error, [&] {
            static_cast<Usage*>(self)->watch({std::string(view(kind)), count, user});
        });
    },
    [](void* self, void* user) noexcept { static_cast<Usage*>(self)->unwatch(user); },
    [](void* self,
       ez_tx* raw,
       const ez_str* names,
       size_t count,
       int32_t* missing,
       ez_error* error) noexcept {
        return guard(error, [&] {
            Tx tx(static_cast<Usage*>(self)->host_, raw, Tx::Ownership::borrowed);
            std::vector<std::string_view> views;
            views.reserve(count);
            for (size_t i = 0; i < count; ++i) views.push_back(view(names[i]));
            find_missing(tx, views, missing);
        });
    },
};

void Usage::refuse_deletion(Tx& tx, std::string_view name) const {
    std::string users;
    const std::shared_lock lock(mutex_);
    for (const Watcher& watcher : watchers_) {
        std::int64_t count = 0;
        check([&](ez_error* error) {
            return watcher.count(watcher.user, tx.handle(), str(name), &count, error);
        });
        if (count == 0) continue;
        users += (users.empty() ? "" : ", ") + std::to_string(count) + " " + watcher.kind;
    }
    if (users.empty()) return;
    throw Error(EZ_CONFLICT, "namespace '" + std::string(name) + "': in use by " + users)
        .with_code("in_use");
}

void Usage::watch(Watcher watcher) {
    const std::lock_guard lock(mutex_);
    watchers_.push_back(std::move(watcher));
}

void Usage::unwatch(const void* user) {
    const std::lock_guard lock(mutex_);
    std::erase_if(watchers_, [user](const Watcher& watcher) { return watcher.user == user; });
}

void Usage::find_missing(Tx& tx, std::span<const std::string_view> names, int32_t* missing) {
    const Rows rows = tx.query(
        "SELECT name FROM namespaces WHERE name = ANY($1::text[]) ORDER BY name FOR KEY SHARE",
        {pg_array(names)});
    std::vector<std::string_view> found;
    found.reserve(rows.size());
    for (size_t row = 0; row < rows.size(); ++row) found.push_back(rows.text(row, 0));
    for (size_t i = 0; i < names.size(); ++i)
        missing[i] = std::find(found.begin(), found.end(), names[i]) == found.end() ? 1 : 0;
}

}  // namespace ezapi::namespaces
