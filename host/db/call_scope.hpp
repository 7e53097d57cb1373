// On whose behalf the current thread works. The HTTP server opens one around every call of a
// handler, so that a transaction inside gets its origin, and the reply gets the revision of its
// commit. Thread-local; scopes nest.
#pragma once

#include <cstdint>
#include <string>

#include "ezapi/abi.h"

namespace ezapi::host::db {

/// The caller, its address and its request. All empty outside a request.
struct Origin {
    ez_identity identity{sizeof(ez_identity), EZ_PUBLIC, 0, {}};
    std::string client_ip;
    std::string request_id;
    std::string method;
    std::string path;
    bool request_id_is_given = false;  // by the client
};

class CallScope {
public:
    explicit CallScope(Origin origin);
    ~CallScope();
    CallScope(const CallScope&) = delete;
    CallScope& operator=(const CallScope&) = delete;

    /// The innermost scope of this thread; NULL outside any.
    [[nodiscard]] static CallScope* current() noexcept;

    [[nodiscard]] const Origin& origin() const noexcept { return origin_; }

    /// The highest revision of the transactions committed on this thread inside the scope; 0: none.
    int64_t revision = 0;

private:
    Origin origin_;
    CallScope* outer_;
};

}  // namespace ezapi::host::db
