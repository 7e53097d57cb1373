#include "encryption.hpp"

#include "credentials.hpp"

namespace ezapi::provider_groups {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kBatch = 100;

Operation describe() {
    return Operation("Tells how far the re-encryption of credentials is")
        .tag("provider-groups")
        .describe(
            "Credentials are encrypted with the first key of EZ_SECRET_KEYS. When `remaining` is "
            "0, no other key is needed any more.")
        .returns(
            200,
            object_schema(
                {{"key_id", {{"type", "string"}, {"description", "Id of the key that encrypts"}}},
                 {"remaining",
                  {{"type", "integer"},
                   {"format", "int64"},
                   {"description", "API keys that are encrypted with another key"}}},
                 {"unreadable",
                  {{"type", "integer"},
                   {"format", "int64"},
                   {"description",
                    "Of these, those whose key is not in the keyring: add it at the end of "
                    "EZ_SECRET_KEYS, or send their credentials anew"}}}}));
}

}  // namespace

Encryption::Encryption(Host& host, const sealing::Keyring& ring)
    : db_(host.db()),
      log_(host.log()),
      ring_(ring),
      remaining_(host.metrics().gauge("ezapi_api_keys_to_reencrypt",
                                      "API keys that are not encrypted with the first key")),
      unreadable_(host.metrics().gauge("ezapi_api_keys_unreadable",
                                       "API keys whose key is not in the keyring")) {
    host.get("/admin/api-keys/encryption", Access::admin, describe(), [this](const Request&) {
        const Status now = status();
        return Response::json({{"key_id", ring_.first_id()},
                               {"remaining", now.remaining},
                               {"unreadable", now.unreadable}});
    });
    host.every(
        "reencrypt",
        60s,
        Scope::cluster,
        [this](const Run& job) { run(job); },
        /*at_start=*/true);
}

Encryption::Status Encryption::status() const {
    const Rows rows = db_.query(
        "SELECT count(*), count(*) FILTER (WHERE key_id <> ALL($2::text[])) FROM api_keys "
        "WHERE key_id <> $1",
        {ring_.first_id(), pg_array(ring_.ids())});
    return {rows.integer(0, 0), rows.integer(0, 1)};
}

void Encryption::run(const Run& run) const {
    std::int64_t sealed = 0;
    std::int64_t behind = 0;
    while (!run.stopping()) {
        const Batch batch = seal_some(behind);
        sealed += batch.sealed;
        if (batch.last_id == 0) break;
        behind = batch.last_id;
    }
    const Status now = status();
    remaining_.set(static_cast<double>(now.remaining));
    unreadable_.set(static_cast<double>(now.unreadable));
    if (sealed > 0)
        log_.info("re-encryption: " + std::to_string(sealed) + " API keys sealed with key '" +
                  ring_.first_id() + "', " + std::to_string(now.remaining) + " remain");
}

Encryption::Batch Encryption::seal_some(std::int64_t behind) const {
    Tx tx = db_.begin();
    const Rows rows = tx.query(
        "SELECT id, sealed, credential_ref FROM api_keys WHERE key_id <> $1 AND key_id = "
        "ANY($2::text[]) AND id > $3 ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED",
        {ring_.first_id(), pg_array(ring_.ids()), behind, kBatch});
    if (rows.empty()) return {};
    std::vector<std::string> ids;
    std::vector<std::string> texts;
    std::vector<std::string> fingerprints;
    for (size_t row = 0; row < rows.size(); ++row) {
        try {
            const Credentials credentials = open(ring_, rows.text(row, 1), rows.text(row, 2));
            texts.push_back(seal(ring_, credentials, rows.text(row, 2)));
            fingerprints.push_back(ring_.fingerprints(credentials.lasting()).front());
            ids.emplace_back(rows.text(row, 0));
        } catch (const Error& error) {
            log_.error("re-encryption: api-keys " + std::string(rows.text(row, 0)) +
                       " cannot be decrypted and stays as it is: " + error.what());
        }
    }
    // The entity does not change, so neither its version nor the data in Redis does.
    tx.query(
        "UPDATE api_keys k SET sealed = n.sealed, fingerprint = n.fingerprint, key_id = $1 FROM "
        "unnest($2::bigint[], $3::text[], $4::text[]) AS n(id, sealed, fingerprint) WHERE k.id = "
        "n.id",
        {ring_.first_id(), pg_array(ids), pg_array(texts), pg_array(fingerprints)});
    tx.commit();
    return {rows.integer(rows.size() - 1, 0), static_cast<std::int64_t>(ids.size())};
}

}  // namespace ezapi::provider_groups
