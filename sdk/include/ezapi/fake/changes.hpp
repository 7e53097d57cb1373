// The changes of a fake host. Subscribers run at each commit as in the real host; projections
// render when the test asks for it.
//
//     EXPECT_EQ(host.changes.render("config:flags", {"beta"}).at("beta")->value, R"({"value":1})");
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/fake/context.hpp"
#include "ezapi/fake/database.hpp"
#include "ezapi/prefix.hpp"

namespace ezapi::fake {

/// An entity as a projection renders it.
struct Projected {
    std::string value;                          // Layout::field
    std::map<std::string, std::string> fields;  // the other layouts
};

/// Entities by id; nullopt: reported as absent.
using Rendered = std::map<std::string, std::optional<Projected>>;

class ChangeBus {
public:
    explicit ChangeBus(Database& db) : db_(db) {
        db_.before_commit = [this](Transaction& tx) { run_subscribers(tx); };
    }

    ~ChangeBus() { clear(); }

    ChangeBus(const ChangeBus&) = delete;
    ChangeBus& operator=(const ChangeBus&) = delete;

    /// Renders entities in a transaction of its own.
    [[nodiscard]] Rendered render(const std::string& resource,
                                  const std::vector<std::string>& ids) {
        std::vector<ez_str> raw;
        for (const std::string& id : ids) raw.push_back(str(id));
        return collect([&](ez_tx* tx, ez_projected_fn sink, void* user, ez_error* error) {
            const ez_projection& projection = at(resource);
            return projection.render(
                projection.user, tx, raw.data(), raw.size(), sink, user, error);
        });
    }

    [[nodiscard]] Rendered scan(const std::string& resource, std::string_view after, size_t limit) {
        return collect([&](ez_tx* tx, ez_projected_fn sink, void* user, ez_error* error) {
            const ez_projection& projection = at(resource);
            return projection.scan(projection.user, tx, str(after), limit, sink, user, error);
        });
    }

    /// Runs the subscribers as if another plugin had committed these changes.
    void commit(const std::vector<Change>& changes) {
        Transaction tx{&db_, "main"};
        tx.changes = changes;
        db_.commit(tx);
    }

    void subscribe(std::string_view resource,
                   std::int32_t phase,
                   ez_changes_fn fn,
                   void* user,
                   ez_free_fn free) {
        subscribers_.push_back({std::string(resource), phase, fn, user, free});
    }

    void project(const ez_projection& projection) {
        const std::string resource(view(projection.resource));
        if (!projections_.emplace(resource, projection).second)
            throw Error(EZ_CONFLICT, "projection " + resource + ": already taken");
    }

    [[nodiscard]] const ez_projection& at(const std::string& resource) const {
        const auto found = projections_.find(resource);
        if (found == projections_.end())
            throw Error(EZ_NOT_FOUND, "projection " + resource + ": not registered");
        return found->second;
    }

    [[nodiscard]] const std::map<std::string, ez_projection>& projections() const {
        return projections_;
    }

    void clear() {
        for (const Subscriber& subscriber : subscribers_) {
            if (subscriber.free_user != nullptr) subscriber.free_user(subscriber.user);
        }
        subscribers_.clear();
        for (const auto& [resource, projection] : projections_) {
            if (projection.free_user != nullptr) projection.free_user(projection.user);
        }
        projections_.clear();
    }

private:
    struct Subscriber {
        std::string resource;
        std::int32_t phase;
        ez_changes_fn fn;
        void* user;
        ez_free_fn free_user;
    };

    template <class Run>
    Rendered collect(Run&& run) {
        Rendered out;
        Transaction tx{&db_, "main"};
        check([&](ez_error* error) {
            return run(reinterpret_cast<ez_tx*>(&tx), &ChangeBus::take, &out, error);
        });
        return out;
    }

    static ez_status take(void* user, const ez_projected* rendered) noexcept {
        return guard(nullptr, [&] {
            const ez_projected entity = taken(rendered, "projected entity");
            auto& slot = (*static_cast<Rendered*>(user))[std::string(view(entity.id))];
            if (entity.present == 0) return;
            slot.emplace();
            slot->value = view(entity.value);
            for (size_t i = 0; i < entity.field_count; ++i) {
                slot->fields.emplace(view(entity.fields[i].name), view(entity.fields[i].value));
            }
        });
    }

    /// Derive subscribers run until no new changes appear; record and audit subscribers run once,
    /// with all changes.
    void run_subscribers(Transaction& tx) {
        size_t seen = 0;
        while (seen < tx.changes.size()) {
            const std::vector<Change> fresh(tx.changes.begin() + static_cast<std::ptrdiff_t>(seen),
                                            tx.changes.end());
            seen = tx.changes.size();
            run_phase(tx, EZ_DERIVE, fresh);
        }
        run_phase(tx, EZ_RECORD, std::vector<Change>(tx.changes));
        run_phase(tx, EZ_AUDIT, std::vector<Change>(tx.changes));
    }

    void run_phase(Transaction& tx, std::int32_t phase, const std::vector<Change>& changes) {
        for (const Subscriber& subscriber : subscribers_) {
            if (subscriber.phase != phase) continue;
            std::vector<ez_change> wanted;
            for (const Change& change : changes) {
                if (subscriber.resource != "*" && subscriber.resource != change.resource) continue;
                wanted.push_back({sizeof(ez_change),
                                  change.action,
                                  str(change.resource),
                                  str(change.id),
                                  str(change.before),
                                  str(change.after)});
            }
            if (wanted.empty()) continue;
            check([&](ez_error* error) {
                return subscriber.fn(subscriber.user,
                                     reinterpret_cast<ez_tx*>(&tx),
                                     wanted.data(),
                                     wanted.size(),
                                     error);
            });
        }
    }

    Database& db_;
    std::vector<Subscriber> subscribers_;
    std::map<std::string, ez_projection> projections_;
};

inline const ez_changes_api kChanges = {
    sizeof(ez_changes_api),
    // changed
    [](ez_tx* raw, const ez_change* changes, size_t count, ez_error* error) noexcept {
        return guard(error, [&] {
            for (const ez_change& change : Strided(changes, count, "changed")) {
                detail::transaction(raw).changes.push_back({change.action,
                                                            std::string(view(change.resource)),
                                                            std::string(view(change.id)),
                                                            std::string(view(change.before)),
                                                            std::string(view(change.after))});
            }
        });
    },
    // subscribe
    [](ez_context* raw,
       ez_str resource,
       std::int32_t phase,
       ez_changes_fn fn,
       void* user,
       ez_free_fn free_user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            context_of(raw).changes->subscribe(view(resource), phase, fn, user, free_user);
        });
    },
    // origin
    [](const ez_tx* raw, ez_origin* out) noexcept {
        const Origin& origin = reinterpret_cast<const Transaction*>(raw)->origin;
        give(out,
             {sizeof(ez_origin),
              origin.request_id_is_given ? 1 : 0,
              &origin.identity,
              str(origin.client_ip),
              str(origin.request_id),
              str(origin.method),
              str(origin.path)});
    },
    // set_revision
    [](ez_tx* raw, std::int64_t revision) noexcept {
        detail::transaction(raw).revision = revision;
    },
    // project
    [](ez_context* raw, const ez_projection* given, ez_error* error) noexcept {
        return guard(error, [&] {
            const ez_projection projection = taken(given, "projection");
            try {
                context_of(raw).changes->project(projection);
            } catch (const Error&) {
                if (projection.free_user != nullptr) projection.free_user(projection.user);
                throw;
            }
        });
    },
    // projections
    [](ez_context* raw, ez_projection_info_fn fn, void* user) noexcept {
        for (const auto& [resource, projection] : context_of(raw).changes->projections()) {
            const ez_projection_info info{
                sizeof(ez_projection_info), projection.layout, str(resource), 1};
            fn(user, &info);
        }
    },
    // render
    [](ez_context* raw,
       ez_tx* tx,
       ez_str resource,
       const ez_str* ids,
       size_t count,
       ez_projected_fn sink,
       void* sink_user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            const ez_projection& projection =
                context_of(raw).changes->at(std::string(view(resource)));
            check([&](ez_error* fault) {
                return projection.render(projection.user, tx, ids, count, sink, sink_user, fault);
            });
        });
    },
    // scan
    [](ez_context* raw,
       ez_tx* tx,
       ez_str resource,
       ez_str after,
       size_t limit,
       ez_projected_fn sink,
       void* sink_user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            const ez_projection& projection =
                context_of(raw).changes->at(std::string(view(resource)));
            check([&](ez_error* fault) {
                return projection.scan(projection.user, tx, after, limit, sink, sink_user, fault);
            });
        });
    },
};

}  // namespace ezapi::fake
