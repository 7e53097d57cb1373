#include "service.hpp"

#include <vector>

#include "ezapi/base/pg_array.hpp"
#include "ezapi/db.hpp"
#include "ezapi/json.hpp"

namespace ezapi::provider_groups {

namespace {

constexpr const char* kRead =
    "SELECT g.id, g.version, g.name, g.status, g.models, (SELECT string_agg(k.id::text, ',' ORDER "
    "BY k.id) FROM api_keys k WHERE k.group_id = g.id AND k.status = 'active' AND g.status = "
    "'active') FROM provider_groups g WHERE g.id = ANY($1::bigint[])";

const std::string kReadKeys =
    "SELECT k.id, k.version, k.group_id, k.weight, k.name, k.status, k.status = 'active' AND "
    "g.status = 'active' FROM api_keys k JOIN provider_groups g ON g.id = k.group_id WHERE ";

}  // namespace

void GroupService::read(
    ez_tx* tx, const std::int64_t* ids, size_t count, ez_provider_group_fn sink, void* user) const {
    Tx in(host_, tx, Tx::Ownership::borrowed);
    const Rows rows = in.query(kRead, {pg_array(std::span(ids, count))});
    for (size_t row = 0; row < rows.size(); ++row) {
        const auto models = Json::parse(rows.text(row, 4)).get<std::vector<std::string>>();
        std::vector<ez_str> names;
        names.reserve(models.size());
        for (const std::string& model : models) names.push_back(str(model));
        const std::vector<std::int64_t> keys = integers_of(rows.text(row, 5));
        const ez_provider_group group{sizeof group,
                                      rows.integer(row, 0),
                                      rows.integer(row, 1),
                                      str(rows.text(row, 2)),
                                      str(rows.text(row, 3)),
                                      names.data(),
                                      names.size(),
                                      keys.data(),
                                      keys.size()};
        const ez_status status = sink(user, &group);
        if (status != EZ_OK) throw Error(status, "provider-groups/1: the receiver stopped");
    }
}

void GroupService::pass_keys(ez_tx* tx,
                             const std::string& condition,
                             const std::string& ids,
                             ez_api_key_fn sink,
                             void* user) const {
    Tx in(host_, tx, Tx::Ownership::borrowed);
    const Rows rows =
        in.query(kReadKeys + condition + " = ANY($1::bigint[]) ORDER BY k.group_id, k.id", {ids});
    for (size_t row = 0; row < rows.size(); ++row) {
        const ez_api_key key{sizeof key,
                             rows.boolean(row, 6) ? 1 : 0,
                             rows.integer(row, 0),
                             rows.integer(row, 1),
                             rows.integer(row, 2),
                             rows.integer(row, 3),
                             str(rows.text(row, 4)),
                             str(rows.text(row, 5))};
        const ez_status status = sink(user, &key);
        if (status != EZ_OK) throw Error(status, "provider-groups/1: the receiver stopped");
    }
}

const ez_provider_groups_v1 GroupService::kTable{
    sizeof(ez_provider_groups_v1),
    [](void* self,
       ez_tx* tx,
       const std::int64_t* ids,
       size_t count,
       ez_provider_group_fn sink,
       void* user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            static_cast<const GroupService*>(self)->read(tx, ids, count, sink, user);
        });
    },
    [](void* self,
       ez_tx* tx,
       const std::int64_t* group_ids,
       size_t count,
       ez_api_key_fn sink,
       void* user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            static_cast<const GroupService*>(self)->pass_keys(
                tx, "k.group_id", pg_array(std::span(group_ids, count)), sink, user);
        });
    },
    [](void* self,
       ez_tx* tx,
       std::int64_t id,
       ez_api_key_fn sink,
       void* user,
       ez_error* error) noexcept {
        return guard(error, [&] {
            static_cast<const GroupService*>(self)->pass_keys(
                tx, "k.id", pg_array(std::span(&id, 1)), sink, user);
        });
    }};

}  // namespace ezapi::provider_groups
