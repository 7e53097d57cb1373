// Creates tokens, and derives the status columns of a row.
#pragma once

#include "ezapi/resource/body.hpp"
#include "ezapi/services/masters.hpp"
#include "ezapi/services/namespaces.hpp"
#include "ezapi/time.hpp"

namespace ezapi::keys {

/// The prefix of every token.
inline constexpr std::string_view kTokenPrefix = "sk-";

/// A new token: its columns (token_hash, prefix, epoch), and the member `token`, which the API
/// returns only once.
struct Issued {
    Json columns;
    Json reveal;
};

[[nodiscard]] Issued issue_token(const Master& master);

/// The rules for one write, and the columns that the code sets.
class Issuing {
public:
    Issuing(const Masters& masters, const NamespaceWatch& namespaces)
        : masters_(masters), namespaces_(namespaces) {}

    void prepare(Tx& tx, Draft& draft) const;

private:
    void admit(Tx& tx, const Master& master) const;

    const Masters& masters_;
    const NamespaceWatch& namespaces_;
};

/// Checks the requested status and expires_at, then derives status and quota_reset_at: expired and
/// exhausted are set and cleared with their causes. "active" is refused when the token would remain
/// expired or exhausted.
void settle(Draft& draft, Timestamp at);

}  // namespace ezapi::keys
