#include "rotation.hpp"

#include "ezapi/resource.hpp"
#include "issuing.hpp"
#include "projection.hpp"

namespace ezapi::keys {

namespace {

constexpr std::int64_t kLongestGrace = 30 * 24 * 3600;

/// The most replaced tokens that may still be valid. The data plane applies the key's limits to
/// each of them separately, and each change of the key is written to Redis once per token.
constexpr std::int64_t kMostInGrace = 2;

const std::vector<Field>& body_fields() {
    static const std::vector<Field> kFields = fields(
        integer("grace_seconds")
            .range(0, kLongestGrace)
            .default_to(0)
            .about("How long the old token stays valid; 0: it ends at once. The two that were "
                   "replaced last can be in their grace, older ones end at once"));
    return kFields;
}

void retire(Tx& tx, const Record& key, std::int64_t grace_seconds) {
    if (grace_seconds == 0) {
        touch_all(tx,
                  tx.query("DELETE FROM key_retiring_hashes WHERE key_id = $1 RETURNING token_hash",
                           {key.id}));
        return;
    }
    tx.query(
        "UPDATE key_retiring_hashes "
        "SET valid_until = LEAST(valid_until, now() + $2 * interval '1 second') WHERE key_id = $1",
        {key.id, grace_seconds});
    // The oldest ones beyond the maximum end at once.
    touch_all(tx,
              tx.query("DELETE FROM key_retiring_hashes WHERE token_hash IN ("
                       "SELECT token_hash FROM key_retiring_hashes WHERE key_id = $1 "
                       "ORDER BY retired_at DESC, valid_until DESC OFFSET $2) RETURNING token_hash",
                       {key.id, kMostInGrace - 1}));
    tx.query(
        "INSERT INTO key_retiring_hashes (token_hash, key_id, epoch, valid_until) "
        "VALUES ($1, $2, $3, now() + $4 * interval '1 second')",
        {key.data.at("token_hash").get_ref<const std::string&>(),
         key.id,
         key.data.at("epoch").get<std::int64_t>(),
         grace_seconds});
}

Operation describe(const Resource& keys, const Collection& collection) {
    const ResourceSpec& spec = keys.spec();
    return idempotent(conditional(on_item(Operation("Issues a new token in place of the old one"),
                                          collection)))
        .body_of("KeyRotation")
        .schema("KeyRotation", body_schema(body_fields(), BodyMode::create))
        .schema(spec.schema, entity_schema(spec))
        .returns(200, created_schema(spec));
}

}  // namespace

void serve_rotation(Host& host,
                    const Resource& keys,
                    const Masters& masters,
                    const Collection& collection) {
    host.write("POST",
               collection.path + "/{" + collection.item + "}/rotate",
               collection.access,
               describe(keys, collection),
               {.max_body = kMaxEntityBody},
               [&keys, &masters, collection](const Request& request, Tx& tx) {
                   const Json body = read_body(
                       body_fields(),
                       request.body().empty() ? Json::object() : request.object(kEntityLimits));
                   const Within within = collection.within(request);
                   // The master first, which is the common lock order. Issuing::prepare explains
                   // the shared lock.
                   const Master master = masters.one(tx, within.id, EZ_MASTER_SHARE);
                   const Record before =
                       keys.lock(tx, request.id(collection.item), &within, if_match(request));
                   retire(tx, before, body.at("grace_seconds").get<std::int64_t>());
                   Issued issued = issue_token(master);
                   Record after = keys.amend(tx, before, issued.columns);
                   after.reveal = std::move(issued.reveal);
                   return entity_response(after);
               });
}

}  // namespace ezapi::keys
