// The ABI's `config`: the settings that were resolved before the plugin's start.
#include "ezapi/str.hpp"
#include "host/api/tables.hpp"
#include "host/modules/context.hpp"

namespace ezapi::host::api {
namespace {

ez_str json(ez_context* context) noexcept {
    return str(context->settings);
}

}  // namespace

const ez_config_api kConfig = {sizeof(ez_config_api), json};

}  // namespace ezapi::host::api
