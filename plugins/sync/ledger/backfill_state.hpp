// Which full push has filled a resource, in the words of sync:fills (see scripts.hpp). Redis and
// the database both note it, the database first.
//
// After a failover some instances may reach the new master while others still reach the old one.
// The same revisions fit both, so what tells them apart is the full push that the new one gets as
// soon as somebody sees it: from its begin on, the database counts a change as pushed only where
// Redis names that full push (Ledger::settle). Until then whoever reads the database for the full
// push sees the change anyway. Since a replica has the words of its master, a full push counts as
// one that replaces another only where Redis and the database say the same; elsewhere it fills what
// was not filled, and must be completed before the resource counts as filled.
#pragma once

#include <string_view>

namespace ezapi::sync {

/// The full push that began last.
[[nodiscard]] inline std::string_view latest_fill(std::string_view fill) {
    if (fill.starts_with("into:") || fill.starts_with("over:")) fill.remove_prefix(5);
    return fill.substr(0, fill.find(':'));
}

/// Whether Redis holds all of what the database knows to have been filled; it may be being
/// replaced.
[[nodiscard]] inline bool holds_all(std::string_view in_redis, std::string_view in_database) {
    return in_redis == in_database && !in_redis.starts_with("into:");
}

}  // namespace ezapi::sync
