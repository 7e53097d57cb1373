#include "host/http/served/openapi_document.hpp"

#include "host/http/dispatch/server.hpp"
#include "host/http/routing/openapi.hpp"

namespace ezapi::host::http {

Reply OpenApiDocument::answer(const Server& server, const Wanted& wanted) {
    return current(server)->answer(wanted);
}

std::shared_ptr<const ServedFile> OpenApiDocument::current(const Server& server) {
    const std::lock_guard lock(mutex_);
    // Read before the routes: if they change in between, this number is too old and the next call
    // composes again.
    const uint64_t generation = server.routes_generation();
    if (!file_ || generation_ != generation) {
        file_ = std::make_shared<const ServedFile>(
            compose_openapi({.title = "EZ-API", .version = version_}, server.routes()),
            "application/json");
        generation_ = generation;
    }
    return file_;
}

}  // namespace ezapi::host::http
