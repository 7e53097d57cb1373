// The masters that tokens belong to, read through the service "masters/1".
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

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
    std::int64_t global_qps = 0;  // 0: not limited
    bool exhausted = false;       // the quota that its tokens share is used up
};

/// What the tokens of one master have used.
struct MasterUsage {
    std::int64_t master_id = 0;
    std::int64_t requests = 0;
    std::int64_t tokens = 0;
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

    /// Counts on their quotas; returns those whose tokens became exhausted or usable again.
    [[nodiscard]] std::vector<std::int64_t> use(Tx& tx, std::span<const MasterUsage> usage) const;

    struct Reset {
        std::vector<std::int64_t> usable;  // their tokens were exhausted
        bool more = false;                 // others are due
    };

    /// Begins some of the quotas that are due.
    [[nodiscard]] Reset reset(Tx& tx, std::int64_t most) const;

private:
    Service<ez_masters_v1> service_;
};

}  // namespace ezapi::keys
