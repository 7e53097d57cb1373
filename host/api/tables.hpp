// The host as a plugin sees it: every table in one struct.
#pragma once

#include <string_view>

#include "ezapi/abi.h"

namespace ezapi::host::api {

/// `instance` must outlive every plugin. The context is left empty: it is set for each plugin.
[[nodiscard]] ez_host host_tables(std::string_view instance) noexcept;

}  // namespace ezapi::host::api
