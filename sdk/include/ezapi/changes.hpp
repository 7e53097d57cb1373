// Changes and projections. A subscriber learns of changes inside the transaction that makes them. A
// projection defines how a plugin's entities are stored in Redis, where the data plane reads them.
//
//     host.on_change("provider-groups", Phase::derive, [](Tx& tx, Changes changes) {
//         for (const ez_change& change : changes) tx.touched("config:bindings", view(change.id));
//     });
//     host.project(project_rows("config:namespaces", Layout::field,
//                               "SELECT name, settings FROM namespaces", "name",
//                               [](const Rows& rows, size_t row, ProjectionSink& sink) {
//                                   sink.value(rows.text(row, 0), rows.text(row, 1));
//                               }));
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/base/pg_array.hpp"
#include "ezapi/db.hpp"
#include "ezapi/prefix.hpp"

namespace ezapi {

/// When a subscriber is called. derive: may record further changes, and is called until there are
/// no new ones. record: called once, after that, with all changes of the transaction; records none.
/// audit: as record, and after it; a plugin that subscribes to all changes in this phase keeps the
/// audit.
enum class Phase { derive = EZ_DERIVE, record = EZ_RECORD, audit = EZ_AUDIT };

/// How an entity is stored in Redis.
enum class Layout {
    field = EZ_LAYOUT_FIELD,           // the field `id` of the hash `resource`; JSON text
    hash = EZ_LAYOUT_HASH,             // a hash `resource:id`, with the revision in its field "rev"
    plain_hash = EZ_LAYOUT_PLAIN_HASH  // a hash `resource:id` without "rev"
};

/// The changes that a subscriber receives; valid during the call.
using Changes = Strided<ez_change>;

/// Receives the entities that a projection renders. Text is borrowed for the call.
class ProjectionSink {
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    ProjectionSink(ez_projected_fn sink, void* user) : sink_(sink), user_(user) {}

    /// An entity of Layout::field; `json` is its JSON text.
    void value(std::string_view id, std::string_view json) {
        put({sizeof(ez_projected), 1, str(id), str(json), nullptr, 0});
    }

    /// An entity of Layout::hash or plain_hash. Omit fields without a value.
    void hash(std::string_view id, const Fields& fields) {
        std::vector<ez_pair> pairs;
        pairs.reserve(fields.size());
        for (const auto& [name, text] : fields) pairs.push_back({str(name), str(text)});
        put({sizeof(ez_projected), 1, str(id), {nullptr, 0}, pairs.data(), pairs.size()});
    }

    /// An entity that does not exist, or that the data plane must not see.
    void absent(std::string_view id) {
        put({sizeof(ez_projected), 0, str(id), {nullptr, 0}, nullptr, 0});
    }

private:
    void put(const ez_projected& entity) {
        seen_.emplace_back(view(entity.id));
        const ez_status status = sink_(user_, &entity);
        if (status != EZ_OK)
            throw Error(status, "projection: the receiver stopped at '" + seen_.back() + "'");
    }

    friend struct Projection;
    ez_projected_fn sink_;
    void* user_;
    std::vector<std::string> seen_;
};

/// How the entities of one resource are stored in Redis, see ez_projection. Ids that `render` does
/// not pass to the sink are reported as absent.
struct Projection {
    using Render = std::function<void(Tx&, std::span<const std::string_view> ids, ProjectionSink&)>;
    using Scan = std::function<void(Tx&, std::string_view after, size_t limit, ProjectionSink&)>;

    std::string resource;
    Layout layout = Layout::field;
    Render render;
    Scan scan;

    void run_render(Tx& tx, std::span<const std::string_view> ids, ProjectionSink& sink) const {
        render(tx, ids, sink);
        std::vector<std::string> seen = sink.seen_;
        std::sort(seen.begin(), seen.end());
        for (const std::string_view id : ids) {
            if (!std::binary_search(seen.begin(), seen.end(), id)) sink.absent(id);
        }
    }
};

/// The usual projection: one SELECT, each row an entity. A condition is appended to `select`, by
/// AND when it contains " WHERE " and by WHERE otherwise, so it must not have ORDER BY or a later
/// clause. `id` is the SQL expression of the id, an indexed text column. `emit` passes one row to
/// the sink.
[[nodiscard]] inline Projection project_rows(
    std::string resource,
    Layout layout,
    const std::string& select,
    const std::string& id,
    std::function<void(const Rows&, size_t row, ProjectionSink&)> emit) {
    const std::string where = select.find(" WHERE ") == std::string::npos ? " WHERE " : " AND ";
    const std::string by_ids = select + where + id + " = ANY($1::text[])";
    const std::string by_page = select + where + "(" + id + ") COLLATE \"C\" > $1 ORDER BY (" + id +
                                ") COLLATE \"C\" LIMIT $2";
    const auto each = [emit = std::move(emit)](const Rows& rows, ProjectionSink& sink) {
        for (size_t row = 0; row < rows.size(); ++row) emit(rows, row, sink);
    };
    return {std::move(resource),
            layout,
            [by_ids, each](Tx& tx, std::span<const std::string_view> ids, ProjectionSink& sink) {
                each(tx.query(by_ids, {pg_array(ids)}), sink);
            },
            [by_page, each](Tx& tx, std::string_view after, size_t limit, ProjectionSink& sink) {
                each(tx.query(by_page, {after, limit}), sink);
            }};
}

/// An entity as its owner rendered it; valid during the call.
struct Projected {
    std::string_view id;
    bool present = false;                  // false: must not be in Redis
    std::string_view value = {};           // Layout::field
    std::span<const ez_pair> fields = {};  // the other layouts
};

struct ProjectionInfo {
    std::string resource;
    Layout layout = Layout::field;
    std::uint64_t registration = 0;  // differs after the owner was disabled or reloaded
};

/// Reads the projections of all running plugins. For the plugin that delivers to Redis. Any thread.
class Projections {
public:
    using Each = std::function<void(const Projected&)>;

    explicit Projections(const ez_host* host) : host_(host) {}

    /// All live projections. Throws rather than return an incomplete list.
    [[nodiscard]] std::vector<ProjectionInfo> live() const {
        Live live;
        host_->changes->projections(
            host_->context,
            [](void* user, const ez_projection_info* info) noexcept {
                static_cast<Live*>(user)->add(info);
            },
            &live);
        if (live.status != EZ_OK) throw Error(live.status, "the projections cannot be listed");
        return std::move(live.infos);
    }

    /// Passes the current state of each id to `each`, in any order. Throws EZ_NOT_FOUND when no
    /// plugin projects `resource`. When `each` throws, the rendering ends, and an Error with the
    /// same status is thrown.
    void render(Tx& tx,
                std::string_view resource,
                std::span<const std::string_view> ids,
                const Each& each) const {
        std::vector<ez_str> raw;
        raw.reserve(ids.size());
        for (const std::string_view id : ids) raw.push_back(str(id));
        check([&](ez_error* error) {
            return host_->changes->render(host_->context,
                                          tx.handle(),
                                          str(resource),
                                          raw.data(),
                                          raw.size(),
                                          &receive,
                                          const_cast<Each*>(&each),
                                          error);
        });
    }

    /// Passes up to `limit` present entities whose id is greater than `after` in byte order; fewer
    /// than `limit` mean the end.
    void scan(Tx& tx,
              std::string_view resource,
              std::string_view after,
              size_t limit,
              const Each& each) const {
        check([&](ez_error* error) {
            return host_->changes->scan(host_->context,
                                        tx.handle(),
                                        str(resource),
                                        str(after),
                                        limit,
                                        &receive,
                                        const_cast<Each*>(&each),
                                        error);
        });
    }

private:
    /// Collects the list and remembers a failure: an entry that is missing would be taken for a
    /// removed projection.
    struct Live {
        std::vector<ProjectionInfo> infos;
        ez_status status = EZ_OK;

        void add(const ez_projection_info* told) noexcept {
            const ez_status added = guard(nullptr, [&] {
                const ez_projection_info info = taken(told, "projection");
                infos.push_back({std::string(view(info.resource)),
                                 static_cast<Layout>(info.layout),
                                 info.registration});
            });
            if (added != EZ_OK) status = added;
        }
    };

    static ez_status receive(void* user, const ez_projected* rendered) noexcept {
        return guard(nullptr, [&] {
            const ez_projected entity = taken(rendered, "projected entity");
            (*static_cast<const Each*>(user))({view(entity.id),
                                               entity.present != 0,
                                               view(entity.value),
                                               {entity.fields, entity.field_count}});
        });
    }

    const ez_host* host_;
};

}  // namespace ezapi
