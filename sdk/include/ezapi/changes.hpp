// Changes and projections: how a plugin hears, inside the transaction, of what others write, and
// how its own entities look to the data plane in Redis.
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

/// derive: may record further changes, called until no new ones appear. record: once, last, with
/// all of them. audit: as record, after it; a plugin that hears of all changes in it keeps the
/// audit.
enum class Phase { derive = EZ_DERIVE, record = EZ_RECORD, audit = EZ_AUDIT };

enum class Layout {
    field = EZ_LAYOUT_FIELD,
    hash = EZ_LAYOUT_HASH,
    plain_hash = EZ_LAYOUT_PLAIN_HASH
};

/// The changes that a subscriber is told of, borrowed for the call.
using Changes = Strided<ez_change>;

/// Where a projection puts the entities that it renders.
class ProjectionSink {
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    ProjectionSink(ez_projected_fn sink, void* user) : sink_(sink), user_(user) {}

    /// Layout::field: the entity's JSON text.
    void value(std::string_view id, std::string_view json) {
        put({sizeof(ez_projected), 1, str(id), str(json), nullptr, 0});
    }

    /// Layout::hash and plain_hash; leave out what is absent.
    void hash(std::string_view id, const Fields& fields) {
        std::vector<ez_pair> pairs;
        pairs.reserve(fields.size());
        for (const auto& [name, text] : fields) pairs.push_back({str(name), str(text)});
        put({sizeof(ez_projected), 1, str(id), {nullptr, 0}, pairs.data(), pairs.size()});
    }

    /// It does not exist, or the data plane must not see it.
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

/// How the entities of one resource look in Redis, see ez_projection. Ids that `render` does not
/// pass are reported as absent by themselves.
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

/// The usual projection: one SELECT whose rows are the entities. `select` ends before WHERE, or in
/// a WHERE that can be continued with AND when `continues_where` says so; `id` is the SQL
/// expression of the id, an indexed text column.
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

/// An entity as its owner rendered it; borrowed for the call.
struct Projected {
    std::string_view id;
    bool present = false;                  // false: Redis must not hold it
    std::string_view value = {};           // Layout::field
    std::span<const ez_pair> fields = {};  // the other layouts
};

struct ProjectionInfo {
    std::string resource;
    Layout layout = Layout::field;
    std::uint64_t registration = 0;  // another one after its owner was disabled or reloaded
};

/// The other side of `project`: all live projections, for whoever delivers to Redis. Any thread.
class Projections {
public:
    using Each = std::function<void(const Projected&)>;

    explicit Projections(const ez_host* host) : host_(host) {}

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

    /// The current state of each of the ids, in any order. EZ_NOT_FOUND: nobody projects
    /// `resource`. What `each` throws ends the rendering and comes back from here.
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

    /// Up to `limit` present entities behind `after` in byte order; fewer mean the end.
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
    /// A list that is incomplete says so: what is missing in it would be taken for removed.
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
