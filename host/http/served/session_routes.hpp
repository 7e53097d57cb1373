// /admin/sessions: exchanges the admin token for a session token, lists and revokes sessions.
#pragma once

#include "host/http/dispatch/server.hpp"

namespace ezapi::host::http {

class SessionStore;

/// Stages them; `server` and `sessions` must live as long as they do. NULL: sessions are opened but
/// neither listed nor revoked.
void add_session_routes(Server& server, SessionStore* sessions);

}  // namespace ezapi::host::http
