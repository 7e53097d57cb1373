#include "provider_snapshot.hpp"

#include <algorithm>

#include "credentials.hpp"
#include "ezapi/base/pg_array.hpp"
#include "ezapi/json.hpp"

namespace ezapi::provider_groups {

namespace {

constexpr const char* kSelect =
    "SELECT k.id::text, k.sealed, k.credential_ref, g.name, g.type, g.base_url, g.google_project, "
    "g.google_location, g.id, g.models, "
    "CASE WHEN k.status = 'active' THEN g.status ELSE k.status END, g.auto_ban, "
    "floor(extract(epoch FROM k.token_expires_at))::bigint, k.weight "
    "FROM api_keys k JOIN provider_groups g ON g.id = k.group_id WHERE ";

Json snapshot(const Rows& rows, size_t row, const Credentials& credentials) {
    const std::int64_t id = rows.integer(row, 0);
    Json out{{"id", id},
             {"name", std::string(rows.text(row, 3)) + "#" + std::to_string(id)},
             {"type", rows.text(row, 4)},
             {"base_url", rows.text(row, 5)},
             {"api_key", credentials.api_key},
             {"group_id", rows.integer(row, 8)},
             {"group", "default"},
             {"models", Json::parse(rows.text(row, 9))},
             {"status", rows.text(row, 10)},
             {"auto_ban", rows.boolean(row, 11)}};
    const auto put = [&](const char* name, std::string_view value) {
        if (!value.empty()) out[name] = value;
    };
    put("google_project", rows.text(row, 6));
    put("google_location", rows.text(row, 7));
    put("access_token", credentials.access_token);
    put("refresh_token", credentials.refresh_token);
    if (!rows.is_null(row, 12)) out["token_expires_at"] = rows.integer(row, 12);
    // Earlier versions stored the default as 0.
    if (rows.integer(row, 13) > kDefaultWeight) out["weight"] = rows.integer(row, 13);
    return out;
}

/// Emits every key; one that cannot be decrypted as suspended and without credentials. The rule is
/// the same for a change and for a full push: otherwise the change would wait forever, and so would
/// the revision.
class Renderer {
public:
    Renderer(const sealing::Keyring& ring, ProjectionSink& sink) : ring_(ring), sink_(sink) {}

    void pass(const Rows& rows) {
        for (size_t row = 0; row < rows.size(); ++row) {
            const auto credentials = read(rows, row);
            Json value = snapshot(rows, row, credentials.value_or(Credentials{}));
            if (!credentials) value["status"] = "suspended";
            sink_.value(rows.text(row, 0), dump_json(value));
        }
    }

    /// Logs the first key that could not be decrypted.
    void report(const Log& log) const {
        if (!fault_.empty()) log.error(fault_ + "; shown as suspended");
    }

private:
    std::optional<Credentials> read(const Rows& rows, size_t row) {
        try {
            return open(ring_, rows.text(row, 1), rows.text(row, 2));
        } catch (const Error& error) {
            if (fault_.empty())
                fault_ = "the credentials of api-keys " + std::string(rows.text(row, 0)) +
                         " cannot be decrypted: " + error.what();
            return std::nullopt;
        }
    }

    const sealing::Keyring& ring_;
    ProjectionSink& sink_;
    std::string fault_;
};

}  // namespace

Projection provider_projection(const sealing::Keyring& ring, const Log& log) {
    Projection out;
    out.resource = kProviders;
    out.layout = Layout::field;
    out.render = [&ring, log](Tx& tx, std::span<const std::string_view> ids, ProjectionSink& sink) {
        Renderer renderer(ring, sink);
        renderer.pass(tx.query(std::string(kSelect) + "k.id = ANY($1::bigint[])", {pg_ids(ids)}));
        renderer.report(log);
    };
    out.scan = [&ring, log](Tx& tx, std::string_view after, size_t limit, ProjectionSink& sink) {
        Renderer renderer(ring, sink);
        renderer.pass(
            tx.query(std::string(kSelect) +
                         "k.id::text COLLATE \"C\" > $1 ORDER BY k.id::text COLLATE \"C\" "
                         "LIMIT $2",
                     {after, limit}));
        renderer.report(log);
    };
    return out;
}

}  // namespace ezapi::provider_groups
