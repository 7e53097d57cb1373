// How a token comes to be and what its row says of its own state.
#pragma once

#include "ezapi/resource/body.hpp"
#include "ezapi/services/masters.hpp"
#include "ezapi/services/namespaces.hpp"
#include "ezapi/time.hpp"

namespace ezapi::keys {

/// In front of every token.
inline constexpr std::string_view kTokenPrefix = "sk-";

/// A new token: its columns (token_hash, prefix, epoch) and the member `token` that is shown once.
struct Issued {
    Json columns;
    Json reveal;
};

[[nodiscard]] Issued issue_token(const Master& master);

/// The rules of one write, and the columns that code sets.
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

/// Checks what the client asks of status and expires_at, then lets status and quota_reset_at follow
/// from the rest: expired and exhausted come and go with their causes. "active" is refused where
/// the token would stay expired or exhausted.
void settle(Draft& draft, Timestamp at);

}  // namespace ezapi::keys
