// The masters that tokens belong to, read through the service "masters/1".
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "ezapi/plugin.hpp"
#include "masters/masters.h"

namespace ezapi::keys {

struct Master {
    std::int64_t id = 0;
    std::int64_t epoch = 0;
    std::int64_t max_child_keys = 0;  // 0: no limit
    std::string status = {};
    std::string group = {};
    std::string namespaces = "[]";  // JSON array of text; empty array: all
    std::string default_namespace = {};
};

class Masters {
public:
    explicit Masters(const Host& host) : service_(host.find<ez_masters_v1>("masters/1")) {}

    /// Those that exist, by id. `mode` as in masters.h.
    [[nodiscard]] std::map<std::int64_t, Master> read(Tx& tx,
                                                      std::span<const std::int64_t> ids,
                                                      std::int32_t mode = EZ_MASTER_READ) const;

    /// Throws 404 where there is none.
    [[nodiscard]] Master one(Tx& tx, std::int64_t id, std::int32_t mode) const;

private:
    Service<ez_masters_v1> service_;
};

}  // namespace ezapi::keys
