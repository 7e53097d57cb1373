#include "usage.hpp"

#include <mutex>

namespace ezapi::namespaces {

namespace {

/// Whether the rows, which are sorted by name, contain the name.
bool lists(const Rows& rows, std::string_view name) {
    size_t first = 0;
    for (size_t last = rows.size(); first < last;) {
        const size_t middle = first + (last - first) / 2;
        if (rows.text(middle, 0) < name) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    return first < rows.size() && rows.text(first, 0) == name;
}

}  // namespace

template <auto Mark>
ez_status Usage::mark(void* self,
                      ez_tx* raw,
                      const ez_str* names,
                      size_t count,
                      int32_t* marks,
                      ez_error* error) noexcept {
    return guard(error, [&] {
        Tx tx(static_cast<Usage*>(self)->host_, raw, Tx::Ownership::borrowed);
        std::vector<std::string_view> views;
        views.reserve(count);
        for (size_t i = 0; i < count; ++i) views.push_back(view(names[i]));
        Mark(tx, views, marks);
    });
}

const ez_namespaces_v1 Usage::kTable = {
    sizeof(ez_namespaces_v1),
    [](void* self, ez_str kind, ez_namespace_usage_fn count, void* user, ez_error* error) noexcept {
        return guard(error, [&] {
            static_cast<Usage*>(self)->watch({std::string(view(kind)), count, user});
        });
    },
    [](void* self, void* user) noexcept { static_cast<Usage*>(self)->unwatch(user); },
    &Usage::mark<&Usage::mark_missing>,
    &Usage::mark<&Usage::mark_suspended>,
    [](void* self,
       ez_tx* raw,
       const ez_str* names,
       size_t count,
       ez_namespace_fn sink,
       void* user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            Tx tx(static_cast<Usage*>(self)->host_, raw, Tx::Ownership::borrowed);
            std::vector<std::string_view> views;
            views.reserve(count);
            for (size_t i = 0; i < count; ++i) views.push_back(view(names[i]));
            read(tx, views, sink, user);
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

void Usage::mark_missing(Tx& tx, std::span<const std::string_view> names, int32_t* missing) {
    const Rows rows = tx.query(
        "SELECT name FROM namespaces WHERE name = ANY($1::text[]) ORDER BY name FOR KEY SHARE",
        {pg_array(names)});
    for (size_t i = 0; i < names.size(); ++i) missing[i] = lists(rows, names[i]) ? 0 : 1;
}

void Usage::mark_suspended(Tx& tx, std::span<const std::string_view> names, int32_t* suspended) {
    const Rows rows = tx.query(
        "SELECT name FROM namespaces WHERE name = ANY($1::text[]) AND status = 'suspended' "
        "ORDER BY name",
        {pg_array(names)});
    for (size_t i = 0; i < names.size(); ++i) suspended[i] = lists(rows, names[i]) ? 1 : 0;
}

void Usage::read(Tx& tx,
                 std::span<const std::string_view> names,
                 ez_namespace_fn sink,
                 void* user) {
    const Rows rows =
        tx.query("SELECT id, version, name, status FROM namespaces WHERE name = ANY($1::text[])",
                 {pg_array(names)});
    for (size_t row = 0; row < rows.size(); ++row) {
        const ez_namespace found{sizeof(ez_namespace),
                                 rows.integer(row, 0),
                                 rows.integer(row, 1),
                                 rows.cell(row, 2).text,
                                 rows.cell(row, 3).text};
        const ez_status status = sink(user, &found);
        if (status != EZ_OK) throw Error(status, "namespaces/1: the receiver stopped");
    }
}

}  // namespace ezapi::namespaces
