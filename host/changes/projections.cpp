// The projections of the bus, which render the entities of a resource for Redis.
#include <cstddef>

#include "ezapi/error.hpp"
#include "host/changes/bus.hpp"

namespace ezapi::host::changes {
namespace {

void check_projection(const ez_projection& projection, const std::string& what) {
    const bool complete = projection.resource.size != 0 && projection.render != nullptr &&
                          projection.scan != nullptr && projection.layout >= EZ_LAYOUT_FIELD &&
                          projection.layout <= EZ_LAYOUT_PLAIN_HASH;
    if (complete) return;
    throw Error(EZ_INVALID,
                what +
                    ": expected a resource, render, scan and a layout from 0 to 2, found layout " +
                    std::to_string(projection.layout));
}

}  // namespace

void Bus::project(std::string_view owner, const ez_projection& projection) {
    const std::string resource(view(projection.resource));
    const std::string what = "projection of '" + resource + "' by " + std::string(owner);
    try {
        check_projection(projection, what);
        if (projections_.taken(owner,
                               [&](const Projection& each) { return each.resource == resource; })) {
            throw Error(EZ_CONFLICT, what + ": it has one already");
        }
    } catch (const Error&) {
        if (projection.free_user != nullptr) projection.free_user(projection.user);
        throw;
    }
    projections_.add(
        owner, {resource, projection, ++registrations_}, projection.user, projection.free_user);
}

void Bus::projections(const std::function<void(const ez_projection_info&)>& fn) {
    const auto live = projections_.lease([](const Projection&) { return true; });
    live.for_each([&](const Projection& each) {
        fn({sizeof(ez_projection_info), each.entry.layout, str(each.resource), each.registration});
    });
}

void Bus::with_projection(std::string_view resource,
                          const std::function<void(const ez_projection&)>& use) {
    const auto live =
        projections_.lease([&](const Projection& each) { return each.resource == resource; });
    if (live.empty()) {
        throw Error(EZ_NOT_FOUND,
                    "projection of '" + std::string(resource) + "': no running plugin has one");
    }
    live.for_each([&](const Projection& each) { use(each.entry); });
}

void Bus::render(db::Transaction& transaction,
                 std::string_view resource,
                 std::span<const ez_str> ids,
                 Sink sink) {
    with_projection(resource, [&](const ez_projection& projection) {
        check([&](ez_error* error) {
            return projection.render(projection.user,
                                     db::to_handle(transaction),
                                     ids.data(),
                                     ids.size(),
                                     sink.fn,
                                     sink.user,
                                     error);
        });
    });
}

void Bus::scan(db::Transaction& transaction,
               std::string_view resource,
               std::string_view after,
               size_t limit,
               Sink sink) {
    with_projection(resource, [&](const ez_projection& projection) {
        check([&](ez_error* error) {
            return projection.scan(projection.user,
                                   db::to_handle(transaction),
                                   str(after),
                                   limit,
                                   sink.fn,
                                   sink.user,
                                   error);
        });
    });
}

}  // namespace ezapi::host::changes
