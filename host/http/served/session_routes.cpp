#include "host/http/served/session_routes.hpp"

#include <ctime>
#include <nlohmann/json.hpp>

#include "ezapi/error.hpp"
#include "ezapi/http.hpp"
#include "host/http/dispatch/exchange.hpp"
#include "host/http/policy/session_store.hpp"
#include "host/http/served/declared_route.hpp"

namespace ezapi::host::http {

namespace {

using Json = nlohmann::json;

constexpr int64_t kDefaultSession = 3600;
constexpr int64_t kLongestSession = 24 * 3600;

constexpr const char* kSessions =
    R"({"operation":{"summary":"Trades the admin token for a session token","tags":["host"],
"description":"The token is stored nowhere, so that Idempotency-Key is refused (400). The session is listed and can be revoked by its id.",
"requestBody":{"required":false,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/AdminSessionRequest"}}}},
"responses":{"201":{"description":"The token, shown once","content":{"application/json":{"schema":{"$ref":"#/components/schemas/AdminSession"}}}}}},
"schemas":{"AdminSessionRequest":{"type":"object","properties":{"scope":{"type":"string","enum":["read","write"],"default":"write"},
"ttl_seconds":{"type":"integer","minimum":1,"maximum":86400,"default":3600}}},
"AdminSession":{"type":"object","required":["id","token","scope","expires_at"],"properties":{"id":{"type":"string"},"token":{"type":"string"},"scope":{"type":"string"},
"expires_at":{"type":"string","format":"date-time"}}}}})";

constexpr const char* kSessionList =
    R"({"operation":{"summary":"Lists the sessions that are open, newest first","tags":["host"],
"parameters":[{"name":"limit","in":"query","description":"Rows of a page","schema":{"type":"integer","minimum":1,"maximum":500,"default":50}},
{"name":"cursor","in":"query","description":"next_cursor of the page before","schema":{"type":"string"}}],
"responses":{"200":{"description":"A page of them","content":{"application/json":{"schema":{"$ref":"#/components/schemas/OpenSessionList"}}}}}},
"schemas":{"OpenSession":{"type":"object","required":["id","scope","client_ip","created_at","expires_at"],"properties":{"id":{"type":"string"},
"scope":{"type":"string","enum":["read","write"]},"client_ip":{"type":"string","nullable":true,"description":"That it was opened from"},
"created_at":{"type":"string","format":"date-time"},"expires_at":{"type":"string","format":"date-time"}}},
"OpenSessionList":{"type":"object","required":["data","next_cursor"],"properties":{"data":{"type":"array","items":{"$ref":"#/components/schemas/OpenSession"}},
"next_cursor":{"type":"string","nullable":true}}}}})";

constexpr const char* kSessionRevoke =
    R"({"operation":{"summary":"Revokes a session","tags":["host"],
"description":"At once in the process that answers, within seconds in the others. Its own session may be revoked, too.",
"responses":{"204":{"description":"It is not accepted any more"}}}})";

std::string rfc3339(int64_t unix_seconds) {
    const std::time_t time = unix_seconds;
    std::tm utc{};
    gmtime_r(&time, &utc);
    char text[32];
    const size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &utc);
    return {text, size};
}

struct SessionRequest {
    std::string scope = "write";
    int64_t ttl_seconds = kDefaultSession;
};

/// Without a body: the defaults.
SessionRequest session_request_of(const Exchange& exchange) {
    SessionRequest request;
    if (exchange.body().empty()) return request;
    require_json(exchange.header("content-type"));
    const Json document = parse_json(exchange.body());
    if (!document.is_object()) throw no_object(document.type_name());
    Faults faults;
    for (const auto& [name, value] : document.items()) {
        if (name == "scope") {
            if (!value.is_string()) {
                faults.add(name, "type", std::string("expected text, found ") + value.type_name());
            } else if (value != "read" && value != "write") {
                faults.add(name,
                           "choice",
                           "expected one of read, write, found \"" +
                               shortened(value.get<std::string>()) + "\"");
            } else {
                request.scope = value.get<std::string>();
            }
        } else if (name == "ttl_seconds") {
            if (!value.is_number_integer()) {
                faults.add(
                    name, "type", std::string("expected an integer, found ") + value.type_name());
            } else if (value < 1 || value > kLongestSession) {
                faults.add(
                    name,
                    "range",
                    "expected 1 to " + std::to_string(kLongestSession) + ", found " + value.dump());
            } else {
                request.ttl_seconds = value.get<int64_t>();
            }
        } else {
            faults.add(shortened(name), "unknown", "no such field; known: scope, ttl_seconds");
        }
    }
    faults.raise();
    return request;
}

Error bad_query(const std::string& name, const std::string& why) {
    return Error(EZ_INVALID, name + ": " + why).with_code("invalid_query").with_field(name);
}

/// The page that the query asks for.
Reply list(SessionStore& sessions, const Exchange& exchange) {
    size_t limit = SessionStore::kPage;
    std::optional<int64_t> before;
    for (const auto& [name, value] : exchange.query()) {
        const auto number = decimal(value);
        if (name == "limit") {
            if (!number || *number < 1 || *number > SessionStore::kLongestPage)
                throw bad_query(
                    name, "expected an integer from 1 to 500, found '" + shortened(value) + "'");
            limit = *number;
        } else if (name == "cursor") {
            if (!number || *number < 1 || *number > INT64_MAX)
                throw bad_query(name, "not one that this list has handed out");
            before = static_cast<int64_t>(*number);
        }
    }
    return json_reply(sessions.page(limit, before));
}

}  // namespace

void add_session_routes(Server& server, SessionStore* sessions) {
    add_host_route(server,
                   {EZ_ADMIN, "POST", "/admin/sessions", kSessions},
                   [&server, sessions](Exchange& exchange) {
                       if (exchange.caller().by_session) {
                           throw Error(
                               EZ_DENIED,
                               "a session cannot open another one: the admin token is needed");
                       }
                       const SessionRequest request = session_request_of(exchange);
                       const OpenedSession session =
                           server.access().open_session(request.scope, request.ttl_seconds);
                       if (sessions != nullptr) sessions->opened(session, exchange.client_ip());
                       const Json answer{{"id", session.id},
                                         {"scope", session.scope},
                                         {"expires_at", rfc3339(session.expires)},
                                         {"token", session.token}};
                       return json_reply(answer.dump(), 201);
                   });
    if (sessions == nullptr) return;
    add_host_route(server,
                   {EZ_ADMIN, "GET", "/admin/sessions", kSessionList},
                   [sessions](Exchange& exchange) { return list(*sessions, exchange); });
    add_host_route(server,
                   {EZ_ADMIN, "DELETE", "/admin/sessions/{id}", kSessionRevoke},
                   [sessions](Exchange& exchange) {
                       const std::string id(exchange.param("id"));
                       if (id.find('\0') != std::string::npos || !sessions->revoke(id))
                           throw Error(EZ_NOT_FOUND,
                                       "session '" + shortened(id) + "': no such session");
                       return Reply{204, {}, {}};
                   });
}

}  // namespace ezapi::host::http
