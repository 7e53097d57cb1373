#include "classes.hpp"

#include <algorithm>
#include <vector>

namespace ezapi::keys {

namespace {

constexpr size_t kMastersAtOnce = 5000;

constexpr const char* kCount =
    "SELECT master_id, epoch, namespaces, models, models_denied, count(*) FROM keys "
    "WHERE status = 'active' AND (expires_at IS NULL OR expires_at > now()) "
    "AND (quota_limit IS NULL OR quota_used < quota_limit) "
    "GROUP BY master_id, epoch, namespaces, models, models_denied LIMIT $1";

std::map<std::int64_t, Master> masters_of(Tx& tx, const Masters& masters, const Rows& rows) {
    std::vector<std::int64_t> ids;
    ids.reserve(rows.size());
    for (size_t row = 0; row < rows.size(); ++row) ids.push_back(rows.integer(row, 0));
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    std::map<std::int64_t, Master> out;
    for (size_t at = 0; at < ids.size(); at += kMastersAtOnce) {
        const size_t count = std::min(kMastersAtOnce, ids.size() - at);
        out.merge(masters.read(tx, std::span(ids).subspan(at, count)));
    }
    return out;
}

}  // namespace

Classes count_classes(Tx& tx, const Masters& masters, size_t limit) {
    const Rows rows = tx.query(kCount, {limit + 1});
    const auto owners = masters_of(tx, masters, rows);
    Classes out;
    out.complete = rows.size() <= limit;
    for (size_t row = 0; row < std::min(rows.size(), limit); ++row) {
        const auto master = owners.find(rows.integer(row, 0));
        if (master == owners.end()) continue;
        Token token;
        token.epoch = rows.integer(row, 1);
        token.status = "active";
        token.namespaces = rows.text(row, 2);
        token.models = rows.text(row, 3);
        token.models_denied = rows.text(row, 4);
        apply_master(token, master->second);
        if (token.status != "active") continue;
        out.tokens[{std::move(token.group),
                    std::move(token.namespaces),
                    std::move(token.models),
                    std::move(token.models_denied)}] += rows.integer(row, 5);
    }
    return out;
}

}  // namespace ezapi::keys
