// Gives rows of the operation log their place and link in the chain, behind the writers, which
// never wait for each other or for this.
//
// Ids become visible out of order, so a row that commits late could slip in behind a place that is
// taken. Therefore each row keeps the number of its transaction, and only rows of transactions
// below the oldest that still runs are sealed, in the order (transaction, id): no row with a lower
// number can appear any more. `sealed_below` remembers how far that went. A transaction that stays
// open keeps later rows waiting, not lost; how many wait is told by the verification.
//
// A database restored from a dump counts transactions from the beginning again. That is noticed by
// a `sealed_below` that no transaction has reached: then all rows are looked at once more, those
// from before the dump too, and those that have their place are passed over.
//
// Links and head are signed with a key that is not in the database. A head that was tampered with
// is not signed again: nothing is sealed until an operator has looked, and the rows wait.
#pragma once

#include <cstddef>

#include "audit/anchors.hpp"
#include "audit/audit_keys.hpp"
#include "ezapi/jobs.hpp"
#include "ezapi/plugin.hpp"

namespace ezapi::logs {

class Sealer {
public:
    /// `keys` and `anchors` must outlive it.
    Sealer(Db db, Log log, const AuditKeys& keys, const Anchors& anchors)
        : db_(std::move(db)), log_(std::move(log)), keys_(keys), anchors_(anchors) {}

    /// Signs the head of a chain that was never signed, unless there is an anchor of it: then its
    /// signature was taken away. Seals what can be. Only with keys that can sign; one run at a
    /// time.
    void run(const Run& run);

    /// Up to `most` rows; returns how many. Fewer: nothing is left that can be sealed now. One
    /// transaction at a time does; another waits for it.
    size_t seal(size_t most);

private:
    void begin_keyed() const;
    [[nodiscard]] bool anything() const;

    Db db_;
    Log log_;
    const AuditKeys& keys_;
    const Anchors& anchors_;
    std::string fault_;  // why nothing is sealed
};

}  // namespace ezapi::logs
