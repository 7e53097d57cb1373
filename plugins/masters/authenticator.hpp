// Who a master key belongs to: the service "authenticator/1", which the host asks for every route
// of masters. Invariant: a failure of the database is reported as such, never as a wrong key.
#pragma once

#include "ezapi/db.hpp"

namespace ezapi::masters {

class Authenticator {
public:
    explicit Authenticator(Db db) : db_(std::move(db)) {}

    /// Throws EZ_UNAUTHENTICATED where there is no such master, EZ_DENIED where it is suspended.
    [[nodiscard]] ez_identity authenticate(std::string_view key) const;

    static const ez_authenticator_v1 kTable;

private:
    Db db_;
};

}  // namespace ezapi::masters
