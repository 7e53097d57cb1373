// Session tokens: short-lived signed credentials that stand for the admin token, so that a browser
// or a script does not need to keep that one. JWTs signed with HS256.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ezapi::host::http {

struct Session {
    std::string id;       // for logs and audit rows
    std::string scope;    // "read" or "write"
    int64_t expires = 0;  // unix seconds
};

class Sessions {
public:
    /// An empty secret: a random one, so the tokens are valid only in this process.
    explicit Sessions(std::string secret);

    /// `now` in unix seconds.
    [[nodiscard]] std::string issue(std::string_view scope, int64_t ttl_seconds, int64_t now) const;

    /// Whether a token has the claims of a session. Its signature is not checked: it may have been
    /// issued by another server, or before the secret was changed.
    [[nodiscard]] static bool is_session(std::string_view token);

    /// Nothing for a token with an invalid signature or other claims. An expired session is
    /// returned, too: its holder is not guessing.
    [[nodiscard]] std::optional<Session> verify(std::string_view token) const;

private:
    std::string secret_;
};

}  // namespace ezapi::host::http
