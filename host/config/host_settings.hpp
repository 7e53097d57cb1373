// Every setting of the host itself, in one table; etc/ezapi.yaml shows the same to the operator.
#pragma once

#include "host/config/schema.hpp"

namespace ezapi::host::config {

[[nodiscard]] const Schema& host_settings();

}  // namespace ezapi::host::config
