// The ABI's table `changes` over db::Transaction and changes::Bus.
#include "ezapi/error.hpp"
#include "ezapi/prefix.hpp"
#include "host/api/tables.hpp"
#include "host/changes/bus.hpp"
#include "host/modules/context.hpp"

namespace ezapi::host::api {
namespace {

db::Change change_of(const ez_change& known) {
    if (known.action < EZ_CREATED || known.action > EZ_TOUCHED || known.resource.size == 0) {
        throw Error(EZ_INVALID,
                    "changed: expected a resource and an action from 0 to 3, found resource '" +
                        std::string(view(known.resource)) + "', action " +
                        std::to_string(known.action));
    }
    const auto copy = [](ez_str text) { return std::string(view(text)); };
    return {
        known.action, copy(known.resource), copy(known.id), copy(known.before), copy(known.after)};
}

ez_status changed(ez_tx* tx, const ez_change* changes, size_t count, ez_error* error) noexcept {
    return guard(error, [&] {
        for (const ez_change& change : Strided(changes, count, "changed"))
            db::from_handle(tx).changed(change_of(change));
    });
}

changes::Bus& bus_of(const ez_context* context) {
    if (context->host->changes == nullptr)
        throw Error(EZ_UNAVAILABLE, "this host has no bus of changes");
    return *context->host->changes;
}

ez_status subscribe(ez_context* context,
                    ez_str resource,
                    int32_t phase,
                    ez_changes_fn fn,
                    void* user,
                    ez_free_fn free_user,
                    ez_error* error) noexcept {
    return guard(error, [&] {
        bus_of(context).subscribe(context->plugin, view(resource), phase, fn, user, free_user);
    });
}

void origin(const ez_tx* tx, ez_origin* out) noexcept {
    const db::Origin& known = db::from_handle(tx).origin();
    give(out,
         {sizeof(ez_origin),
          known.request_id_is_given ? 1 : 0,
          &known.identity,
          str(known.client_ip),
          str(known.request_id),
          str(known.method),
          str(known.path)});
}

void set_revision(ez_tx* tx, int64_t revision) noexcept {
    db::from_handle(tx).set_revision(revision);
}

ez_status project(ez_context* context, const ez_projection* projection, ez_error* error) noexcept {
    return guard(
        error, [&] { bus_of(context).project(context->plugin, taken(projection, "projection")); });
}

void projections(ez_context* context, ez_projection_info_fn fn, void* user) noexcept {
    guard(nullptr, [&] {
        bus_of(context).projections([&](const ez_projection_info& info) { fn(user, &info); });
    });
}

ez_status render(ez_context* context,
                 ez_tx* tx,
                 ez_str resource,
                 const ez_str* ids,
                 size_t count,
                 ez_projected_fn sink,
                 void* sink_user,
                 ez_error* error) noexcept {
    return guard(error, [&] {
        bus_of(context).render(
            db::from_handle(tx), view(resource), {ids, count}, {sink, sink_user});
    });
}

ez_status scan(ez_context* context,
               ez_tx* tx,
               ez_str resource,
               ez_str after,
               size_t limit,
               ez_projected_fn sink,
               void* sink_user,
               ez_error* error) noexcept {
    return guard(error, [&] {
        bus_of(context).scan(
            db::from_handle(tx), view(resource), view(after), limit, {sink, sink_user});
    });
}

}  // namespace

const ez_changes_api kChanges{sizeof(ez_changes_api),
                              changed,
                              subscribe,
                              origin,
                              set_revision,
                              project,
                              projections,
                              render,
                              scan};

}  // namespace ezapi::host::api
