// Masters as other plugins see them: the service "masters/1" (see ezapi/services/masters.h).
#pragma once

#include <span>

#include "ezapi/plugin.hpp"
#include "ezapi/services/masters.h"

namespace ezapi::masters {

class Reading {
public:
    explicit Reading(const Host& host) : host_(host.abi()) {}

    static const ez_masters_v1 kTable;

private:
    static void read(Tx& tx,
                     std::span<const std::int64_t> ids,
                     std::int32_t mode,
                     ez_master_fn sink,
                     void* user);

    const ez_host* host_;
};

}  // namespace ezapi::masters
