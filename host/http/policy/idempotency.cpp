#include "host/http/policy/idempotency.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"
#include "host/db/pools.hpp"

namespace ezapi::host::http {

namespace {

constexpr std::string_view kInfo = "ezapi idempotent answer 1";
constexpr std::string_view kLockNotAvailable = "55P03";

/// In PostgreSQL's input format of bytea.
std::string bytea(std::string_view bytes) {
    return "\\x" + to_hex(bytes);
}

std::string bytes_of(std::string_view text) {
    if (!text.starts_with("\\x")) return {};
    return from_hex(text.substr(2)).value_or("");
}

struct Names {
    explicit Names(const Repetition& repetition)
        : key_hash(bytea(sha256(repetition.key))), fingerprint(bytea(sha256(repetition.body))) {}

    std::string key_hash;
    std::string fingerprint;
};

/// Credentials differ in length, so the salt is the Idempotency-Key and the secret the credential.
std::string answer_key(const Repetition& repetition) {
    return hkdf_sha256(repetition.credential, repetition.key, kInfo);
}

/// Binds a stored reply to its row: it cannot be moved to another path, caller or body.
std::string context_of(const Repetition& repetition, const Names& names, std::string_view status) {
    std::string context;
    for (const std::string_view part : {std::string_view(repetition.caller),
                                        repetition.method,
                                        repetition.path,
                                        std::string_view(names.fingerprint),
                                        status}) {
        context.append(std::to_string(part.size())).append(":").append(part);
    }
    return context;
}

std::string pack(const Reply& reply) {
    auto headers = nlohmann::json::array();
    for (const auto& [name, value] : reply.headers) headers.push_back({name, value});
    const std::string text = headers.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return std::to_string(text.size()) + "\n" + text + reply.body;
}

Reply unpack(int status, std::string_view packed) {
    const auto line = packed.find('\n');
    const auto size = decimal(packed.substr(0, line));
    if (line == std::string_view::npos || !size || *size > packed.size() - line - 1) {
        throw Error(EZ_INTERNAL, "remembered answer: not in the expected form");
    }
    Reply reply;
    reply.status = status;
    for (const auto& header : nlohmann::json::parse(packed.substr(line + 1, *size))) {
        reply.headers.emplace_back(header.at(0), header.at(1));
    }
    reply.body = packed.substr(line + 1 + *size);
    return reply;
}

/// True: this transaction holds the claim now.
bool claim(db::Transaction& transaction, const Repetition& repetition, const Names& names) {
    const std::array params{db::param(repetition.caller),
                            db::param(repetition.method),
                            db::param(repetition.path),
                            db::param(names.key_hash),
                            db::param(names.fingerprint)};
    try {
        return transaction
                   .query(
                       "INSERT INTO ez_idempotency AS i (caller, method, path, key_hash, "
                       "fingerprint) "
                       "VALUES ($1, $2, $3, $4::bytea, $5::bytea) "
                       "ON CONFLICT (key_hash, caller, method, path) DO UPDATE "
                       "SET fingerprint = excluded.fingerprint, status = NULL, answer = NULL, "
                       "created_at = now() "
                       "WHERE i.created_at < now() - interval '24 hours' OR i.status IS NULL "
                       "RETURNING 1",
                       params)
                   .rows() == 1;
    } catch (const Error& error) {
        if (error.sqlstate() != kLockNotAvailable) throw;
        throw Error(EZ_CONFLICT, "Idempotency-Key: a request with it is being worked on")
            .with_code("idempotency_key_in_use")
            .with_sqlstate(error.sqlstate());
    }
}

}  // namespace

void check_idempotency_key(std::string_view key) {
    const bool printable =
        std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
    if (!key.empty() && key.size() <= 255 && printable) return;
    throw Error(EZ_INVALID, "Idempotency-Key: expected 1 to 255 printable ASCII characters")
        .with_code("idempotency_key");
}

std::optional<Reply> claim_or_replay(db::Transaction& transaction, const Repetition& repetition) {
    check_idempotency_key(repetition.key);
    const Names names(repetition);
    if (claim(transaction, repetition, names)) return std::nullopt;
    const std::array params{db::param(repetition.caller),
                            db::param(repetition.method),
                            db::param(repetition.path),
                            db::param(names.key_hash)};
    const auto rows = transaction.query(
        "SELECT fingerprint, status, answer FROM ez_idempotency "
        "WHERE caller = $1 AND method = $2 AND path = $3 AND key_hash = $4::bytea",
        params);
    if (rows.empty()) {
        throw Error(EZ_CONFLICT, "Idempotency-Key: its answer has just expired; try again");
    }
    if (rows.text(0, 0) != names.fingerprint) {
        throw Error(EZ_INVALID, "Idempotency-Key: it was used with another body")
            .with_http(422)
            .with_code("idempotency_key_reused");
    }
    const auto plain = aes_gcm_open(answer_key(repetition),
                                    bytes_of(rows.text(0, 2)),
                                    context_of(repetition, names, rows.text(0, 1)));
    if (!plain) {
        throw Error(EZ_CONFLICT,
                    "Idempotency-Key: it was used with another credential, only that one can read "
                    "the answer")
            .with_code("idempotency_key_of_another_credential");
    }
    return unpack(static_cast<int>(rows.integer(0, 1)), *plain);
}

void remember_answer(db::Transaction& transaction, const Repetition& repetition, Reply reply) {
    const Names names(repetition);
    const std::string status = std::to_string(reply.status);
    auto store = [&transaction,
                  row = std::array{repetition.caller,
                                   std::string(repetition.method),
                                   std::string(repetition.path),
                                   names.key_hash,
                                   status},
                  key = answer_key(repetition),
                  context = context_of(repetition, names, status),
                  reply = std::move(reply)]() mutable {
        if (transaction.revision() != 0) {
            reply.set("X-Change-Revision", std::to_string(transaction.revision()));
        }
        const std::string answer = bytea(aes_gcm_seal(key, pack(reply), context));
        const std::array params{db::param(row[0]),
                                db::param(row[1]),
                                db::param(row[2]),
                                db::param(row[3]),
                                db::param(row[4]),
                                db::param(answer)};
        const auto stored = transaction.query(
            "UPDATE ez_idempotency SET status = $5::integer, answer = $6::bytea "
            "WHERE caller = $1 AND method = $2 AND path = $3 AND key_hash = $4::bytea",
            params);
        if (stored.affected() != 1) {
            throw Error(EZ_INTERNAL, "Idempotency-Key: remembered without being claimed before");
        }
    };
    transaction.last(std::move(store));
}

int64_t purge_idempotency(db::Pools& pools) {
    constexpr int64_t kBatch = 1000;
    int64_t purged = 0;
    while (true) {
        const auto rows = pools.query(
            "main",
            "DELETE FROM ez_idempotency WHERE ctid = ANY (ARRAY(SELECT ctid FROM ez_idempotency "
            "WHERE created_at < now() - interval '24 hours' LIMIT 1000))");
        purged += rows.affected();
        if (rows.affected() < kBatch) return purged;
    }
}

}  // namespace ezapi::host::http
