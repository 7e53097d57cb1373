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
#pragma once

#include <cstddef>

#include "ezapi/jobs.hpp"
#include "ezapi/plugin.hpp"

namespace ezapi::logs {

class Sealer {
public:
    explicit Sealer(Db db) : db_(std::move(db)) {}

    /// Seals what can be.
    void run(const Run& run) const;

    /// Up to `most` rows; returns how many. Fewer: nothing is left that can be sealed now. One
    /// transaction at a time does; another waits for it.
    [[nodiscard]] size_t seal(size_t most) const;

private:
    [[nodiscard]] bool anything() const;

    Db db_;
};

}  // namespace ezapi::logs
