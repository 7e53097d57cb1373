// POST /admin/masters/{id}/manage: actions on a master, as opposed to writes of its fields.
#pragma once

#include "ezapi/plugin.hpp"
#include "ezapi/resource/resource.hpp"

namespace ezapi::masters {

/// `masters` must outlive the host's routes.
void serve_manage(Host& host, const Resource& masters);

}  // namespace ezapi::masters
