// POST /admin/masters/{id}/manage: what is done to a master rather than written into it.
#pragma once

#include "ezapi/plugin.hpp"
#include "ezapi/resource/resource.hpp"

namespace ezapi::masters {

/// `masters` must outlive the host's routes.
void serve_manage(Host& host, const Resource& masters);

}  // namespace ezapi::masters
