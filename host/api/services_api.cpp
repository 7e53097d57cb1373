// The ABI's `services`.
#include "ezapi/error.hpp"
#include "host/api/tables.hpp"
#include "host/modules/context.hpp"
#include "host/modules/services.hpp"

namespace ezapi::host::api {
namespace {

ez_status publish(ez_context* context, ez_str id, ez_service service, ez_error* error) noexcept {
    return guard(error,
                 [&] { context->host->services->publish(context->plugin, view(id), service); });
}

ez_status find(ez_context* context, ez_str id, ez_service* out, ez_error* error) noexcept {
    return guard(error, [&] { *out = context->host->services->find(context->plugin, view(id)); });
}

}  // namespace

const ez_services_api kServices = {sizeof(ez_services_api), publish, find};

}  // namespace ezapi::host::api
