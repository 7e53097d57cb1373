// The services of a fake host: those that plugins publish, and test doubles for those that they
// look for.
//
//     host.services.provide("quota/1", kTable, &quota);
#pragma once

#include <map>
#include <string>

#include "ezapi/error.hpp"
#include "ezapi/fake/context.hpp"

namespace ezapi::fake {

class ServiceTable {
public:
    /// Provides a test double. `table` must outlive the host.
    template <class Table>
    void provide(const std::string& id, const Table& table, void* self) {
        put(id, {&table, self});
    }

    void put(const std::string& id, ez_service service) {
        if (!services_.emplace(id, service).second)
            throw Error(EZ_CONFLICT, "service " + id + ": already provided");
    }

    [[nodiscard]] ez_service at(const std::string& id) const {
        const auto found = services_.find(id);
        if (found == services_.end()) throw Error(EZ_NOT_FOUND, "service " + id + ": no provider");
        return found->second;
    }

private:
    std::map<std::string, ez_service> services_;
};

inline const ez_services_api kServices = {
    sizeof(ez_services_api),
    // publish
    [](ez_context* raw, ez_str id, ez_service service, ez_error* error) noexcept {
        return guard(error, [&] { context_of(raw).services->put(std::string(view(id)), service); });
    },
    // find
    [](ez_context* raw, ez_str id, ez_service* out, ez_error* error) noexcept {
        return guard(error, [&] { *out = context_of(raw).services->at(std::string(view(id))); });
    },
};

}  // namespace ezapi::fake
