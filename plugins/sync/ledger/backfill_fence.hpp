// Which filling of Redis a push was rendered for.
//
// The comparison of revisions does not help a Redis that has lost its data: a push that was
// rendered before the loss and arrives after the refill, from a process that had been stopped or
// over a connection that had hung, would find nothing newer in its way and bring back what is
// deleted. So each full push leaves its id in sync:fills, when it begins and when it is done, a
// push reads that before it renders, and Redis refuses it when it says something else by then. What
// is refused is rendered again.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "ledger/string_map.hpp"

namespace ezapi::sync {

class BackfillFence {
public:
    /// Resource -> the full push that has filled it; empty: none has.
    explicit BackfillFence(StringMap fills) : fills_(std::move(fills)) {}

    /// Of what a full push itself writes: it must be the one under way.
    static BackfillFence of_full_push(const std::string& id) {
        BackfillFence out({});
        out.full_ = "full:" + id;
        return out;
    }

    [[nodiscard]] std::string of(std::string_view resource) const {
        if (!full_.empty()) return full_;
        const auto found = fills_.find(resource);
        return found == fills_.end() ? std::string() : found->second;
    }

private:
    StringMap fills_;
    std::string full_;
};

}  // namespace ezapi::sync
