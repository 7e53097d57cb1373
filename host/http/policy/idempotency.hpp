// Idempotency-Key: a POST that is repeated with its key within 24 hours gets the first reply and is
// not executed again.
//
// The claim is a row of ez_idempotency, inserted in the transaction that does the work: a second
// request with the key waits on the unique index until the first one ends. If that committed, its
// stored reply is returned; if it rolled back, the second one proceeds; if it takes longer than the
// pool's lock timeout, the second one gets 409. The work and the stored reply are committed
// together or not at all.
//
// The reply may contain a token that is shown only once. It is encrypted under a key derived from
// the caller's credential and the Idempotency-Key; the database has only the hash of the key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/http/wire/reply.hpp"

namespace ezapi::host::db {
class Pools;
class Transaction;
}  // namespace ezapi::host::db

namespace ezapi::host::http {

/// What identifies a repeated request. Text is borrowed.
struct Repetition {
    std::string caller;  // "admin", "master:7"
    std::string_view credential;
    std::string_view method;
    std::string_view path;
    std::string_view key;
    std::string_view body;
};

/// Throws EZ_INVALID for a key that is not 1 to 255 printable ASCII characters.
void check_idempotency_key(std::string_view key);

/// Claims the key, or returns the stored reply. Throws EZ_INVALID (422) for a key that was used
/// with another body, EZ_CONFLICT for one in use right now or used with another credential.
[[nodiscard]] std::optional<Reply> claim_or_replay(db::Transaction& transaction,
                                                   const Repetition& repetition);

/// Stores the reply for a key that this transaction has claimed, at its commit, including the
/// revision under which the change reaches Redis.
void remember_answer(db::Transaction& transaction, const Repetition& repetition, Reply reply);

/// Deletes rows older than 24 hours, in bounded batches; returns their number. For a job.
int64_t purge_idempotency(db::Pools& pools);

}  // namespace ezapi::host::http
