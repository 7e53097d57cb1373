// Authenticates master keys: the service "authenticator/1", which the host calls for every route of
// masters. Invariant: a database failure is reported as such, never as a wrong key.
#pragma once

#include "ezapi/db.hpp"

namespace ezapi::masters {

class Authenticator {
public:
    explicit Authenticator(Db db) : db_(std::move(db)) {}

    /// Throws EZ_UNAUTHENTICATED when there is no such master, EZ_DENIED when it is suspended.
    [[nodiscard]] ez_identity authenticate(std::string_view key) const;

    static const ez_authenticator_v1 kTable;

private:
    Db db_;
};

}  // namespace ezapi::masters
