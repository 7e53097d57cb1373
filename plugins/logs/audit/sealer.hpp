// Appends rows of the operation log to the hash chain, in the background: writers never wait for
// each other or for the sealer.
//
// Ids become visible out of order, so a row that commits late could belong before a row that is
// already sealed. Therefore each row stores its transaction id, and only rows of transactions below
// the oldest running one are sealed, in the order (transaction, id): no row with a lower
// transaction id can appear later. `sealed_below` stores how far sealing has progressed. A
// transaction that stays open delays later rows, but loses none; the verification reports how many
// are waiting.
//
// In a database restored from a dump, transaction ids start again from a low number. This is
// detected by a `sealed_below` that no transaction has reached: then all rows are examined once
// more, and those that are already in the chain are skipped.
//
// Links and head are signed with a key that is not in the database. A head that was tampered with
// is not signed again: sealing stops, and the rows wait until an operator has intervened.
#pragma once

#include <cstddef>

#include "audit/anchors.hpp"
#include "audit/audit_keys.hpp"
#include "ezapi/jobs.hpp"
#include "ezapi/plugin.hpp"

namespace ezapi::logs {

class Sealer {
public:
    /// `keys` and `anchors` must outlive this object.
    Sealer(Db db, Log log, const AuditKeys& keys, const Anchors& anchors)
        : db_(std::move(db)), log_(std::move(log)), keys_(keys), anchors_(anchors) {}

    /// The job; requires keys that can sign, runs never overlap. Signs the head of a chain that was
    /// never signed, unless an anchor of it exists: then its signature was removed. Seals all rows
    /// that can be sealed.
    void run(const Run& run);

    /// Seals up to `most` rows and returns their number; fewer than `most` means that none is left
    /// for now. Transactions that seal are serialized by a lock.
    size_t seal(size_t most);

private:
    void begin_keyed() const;
    [[nodiscard]] bool anything() const;

    Db db_;
    Log log_;
    const AuditKeys& keys_;
    const Anchors& anchors_;
    std::string fault_;  // why sealing has stopped; empty: it has not
};

}  // namespace ezapi::logs
