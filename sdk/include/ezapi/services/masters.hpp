// The masters, by the service "masters/1" of the plugin `masters`.
//
//     const Masters masters(host);
//     const Master owner = masters.one(tx, master_id, EZ_MASTER_SHARE);
//
// Name the plugin in depends_on. A plugin that names it in `after` must check operator bool: it is
// false when the plugin does not run, and every call throws EZ_NOT_FOUND then.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/plugin.hpp"
#include "ezapi/services/masters.h"

namespace ezapi {

struct Master {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::int64_t epoch = 0;
    std::int64_t max_child_keys = 0;  // 0: no limit
    std::int64_t global_qps = 0;      // 0: not limited
    bool exhausted = false;           // the quota shared by its tokens is used up
    std::string status = {};
    std::string group = {};
    std::string namespaces = "[]";  // JSON array of strings; empty array: all
    std::string default_namespace = {};
};

/// The usage of the tokens of one master.
struct MasterUsage {
    std::int64_t master_id = 0;
    std::int64_t requests = 0;
    std::int64_t tokens = 0;
};

class Masters {
public:
    explicit Masters(const Host& host) : service_(host.find_optional<ez_masters_v1>("masters/1")) {}

    /// Whether the plugin runs.
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(service_); }

    /// The masters that exist, by id, as seen in `tx`. `mode` is EZ_MASTER_READ, EZ_MASTER_LOCK or
    /// EZ_MASTER_SHARE; a lock is held until the transaction ends.
    [[nodiscard]] std::map<std::int64_t, Master> read(Tx& tx,
                                                      std::span<const std::int64_t> ids,
                                                      std::int32_t mode = EZ_MASTER_READ) const {
        std::map<std::int64_t, Master> found;
        if (ids.empty()) return found;
        service_.call<&ez_masters_v1::read>(
            tx.handle(), ids.data(), ids.size(), mode, &keep, static_cast<void*>(&found));
        return found;
    }

    [[nodiscard]] std::optional<Master> find(Tx& tx,
                                             std::int64_t id,
                                             std::int32_t mode = EZ_MASTER_READ) const {
        auto found = read(tx, std::span(&id, 1), mode);
        if (found.empty()) return std::nullopt;
        return std::move(found.begin()->second);
    }

    /// Throws 404 when there is no such master.
    [[nodiscard]] Master one(Tx& tx, std::int64_t id, std::int32_t mode = EZ_MASTER_READ) const {
        auto found = find(tx, id, mode);
        if (!found) throw Error(EZ_NOT_FOUND, "masters " + std::to_string(id) + ": no such entity");
        return std::move(*found);
    }

    /// Adds usage to the quotas that the tokens of a master share. Returns the masters whose tokens
    /// became exhausted or usable again. Lock rows of tokens before this call, not after it.
    [[nodiscard]] std::vector<std::int64_t> use(Tx& tx, std::span<const MasterUsage> usage) const {
        std::vector<std::int64_t> changed;
        if (usage.empty()) return changed;
        std::vector<ez_master_usage> items;
        items.reserve(usage.size());
        for (const MasterUsage& one : usage)
            items.push_back({sizeof(ez_master_usage), one.master_id, one.requests, one.tokens});
        service_.call<&ez_masters_v1::use>(
            tx.handle(), items.data(), items.size(), &keep_id, static_cast<void*>(&changed));
        return changed;
    }

    struct Reset {
        std::vector<std::int64_t> usable;  // masters whose tokens were exhausted
        bool more = false;                 // further quotas may be due
    };

    /// Restarts up to `most` quotas whose reset is due.
    [[nodiscard]] Reset reset(Tx& tx, std::int64_t most) const {
        Reset out;
        std::int32_t more = 0;
        service_.call<&ez_masters_v1::reset>(
            tx.handle(), most, &keep_id, static_cast<void*>(&out.usable), &more);
        out.more = more != 0;
        return out;
    }

private:
    static ez_status keep(void* user, const ez_master* given) noexcept {
        return guard(nullptr, [&] {
            const ez_master master = taken(given, "master");
            static_cast<std::map<std::int64_t, Master>*>(user)->emplace(
                master.id,
                Master{.id = master.id,
                       .version = master.version,
                       .epoch = master.epoch,
                       .max_child_keys = master.max_child_keys,
                       .global_qps = master.global_qps,
                       .exhausted = master.exhausted != 0,
                       .status = std::string(view(master.status)),
                       .group = std::string(view(master.group)),
                       .namespaces = std::string(view(master.namespaces)),
                       .default_namespace = std::string(view(master.default_namespace))});
        });
    }

    static ez_status keep_id(void* user, std::int64_t id) noexcept {
        return guard(nullptr,
                     [&] { static_cast<std::vector<std::int64_t>*>(user)->push_back(id); });
    }

    Service<ez_masters_v1> service_;
};

}  // namespace ezapi
