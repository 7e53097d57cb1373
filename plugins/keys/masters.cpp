#include "masters.hpp"

namespace ezapi::keys {

namespace {

using Found = std::map<std::int64_t, Master>;

ez_status keep(void* user, const ez_master* given) noexcept {
    return guard(nullptr, [&] {
        const ez_master master = taken(given, "master");
        static_cast<Found*>(user)->emplace(master.id,
                                           Master{master.id,
                                                  master.epoch,
                                                  master.max_child_keys,
                                                  std::string(view(master.status)),
                                                  std::string(view(master.group)),
                                                  std::string(view(master.namespaces)),
                                                  std::string(view(master.default_namespace)),
                                                  master.global_qps,
                                                  master.exhausted != 0});
    });
}

ez_status keep_id(void* user, std::int64_t id) noexcept {
    return guard(nullptr, [&] { static_cast<std::vector<std::int64_t>*>(user)->push_back(id); });
}

}  // namespace

Found Masters::read(Tx& tx, std::span<const std::int64_t> ids, std::int32_t mode) const {
    Found found;
    if (ids.empty()) return found;
    service_.call<&ez_masters_v1::read>(
        tx.handle(), ids.data(), ids.size(), mode, &keep, static_cast<void*>(&found));
    return found;
}

Master Masters::one(Tx& tx, std::int64_t id, std::int32_t mode) const {
    Found found = read(tx, std::span(&id, 1), mode);
    const auto master = found.find(id);
    if (master == found.end())
        throw Error(EZ_NOT_FOUND, "masters " + std::to_string(id) + ": no such entity");
    return std::move(master->second);
}

std::vector<std::int64_t> Masters::use(Tx& tx, std::span<const MasterUsage> usage) const {
    std::vector<std::int64_t> turned;
    if (usage.empty()) return turned;
    std::vector<ez_master_usage> items;
    items.reserve(usage.size());
    for (const MasterUsage& one : usage)
        items.push_back({sizeof(ez_master_usage), one.master_id, one.requests, one.tokens});
    service_.call<&ez_masters_v1::use>(
        tx.handle(), items.data(), items.size(), &keep_id, static_cast<void*>(&turned));
    return turned;
}

Masters::Reset Masters::reset(Tx& tx, std::int64_t most) const {
    Reset out;
    std::int32_t more = 0;
    service_.call<&ez_masters_v1::reset>(
        tx.handle(), most, &keep_id, static_cast<void*>(&out.usable), &more);
    out.more = more != 0;
    return out;
}

}  // namespace ezapi::keys
