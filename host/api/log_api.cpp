// The ABI's `log`: log lines under the plugin's name.
#include "ezapi/str.hpp"
#include "host/api/tables.hpp"
#include "host/modules/context.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::api {
namespace {

void write(ez_context* context, int32_t level, ez_str text) noexcept {
    telemetry::log(level, context->plugin, view(text));
}

int32_t threshold(ez_context*) noexcept {
    return telemetry::level();
}

}  // namespace

const ez_log_api kLog = {sizeof(ez_log_api), write, threshold};

}  // namespace ezapi::host::api
