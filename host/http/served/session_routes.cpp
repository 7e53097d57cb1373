#include "host/http/served/session_routes.hpp"

#include "ezapi/base/numbers.hpp"
#include "ezapi/error.hpp"
#include "ezapi/http.hpp"
#include "ezapi/query.hpp"
#include "ezapi/resource/spec.hpp"
#include "ezapi/time.hpp"
#include "host/http/dispatch/exchange.hpp"
#include "host/http/policy/session_store.hpp"
#include "host/http/served/declared_route.hpp"

namespace ezapi::host::http {

namespace {

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

std::vector<Field> session_fields() {
    return fields(choice("scope", {"read", "write"}).default_to("write"),
                  integer("ttl_seconds").range(1, kLongestSession).default_to(kDefaultSession));
}

/// Without a body: a session with the defaults.
Json session_request_of(const Exchange& exchange) {
    if (exchange.body().empty()) return read_body(session_fields(), Json::object());
    require_json(exchange.header("content-type"));
    const Json document = parse_json(exchange.body());
    if (!document.is_object()) throw no_object(document.type_name());
    return read_body(session_fields(), document);
}

/// The page that the query asks for.
Reply list(SessionStore& sessions, const Exchange& exchange) {
    size_t limit = SessionStore::kPage;
    std::optional<int64_t> before;
    for (const auto& [name, value] : exchange.query()) {
        if (name == "limit") {
            limit = static_cast<size_t>(query_integer(name, value, 1, SessionStore::kLongestPage));
        } else if (name == "cursor") {
            before = parse_id(value);
            if (!before) throw bad_query(name, "not one that this list has handed out");
        }
    }
    return json_reply(sessions.page(limit, before));
}

}  // namespace

void add_session_routes(Server& server, SessionStore* sessions) {
    add_host_route(
        server,
        {EZ_ADMIN, "POST", "/admin/sessions", kSessions},
        [&server, sessions](Exchange& exchange) {
            if (exchange.caller().by_session) {
                throw Error(EZ_DENIED,
                            "a session cannot open another one: the admin token is needed");
            }
            const Json request = session_request_of(exchange);
            const OpenedSession session =
                server.access().open_session(request.at("scope").get_ref<const std::string&>(),
                                             request.at("ttl_seconds").get<int64_t>());
            if (sessions != nullptr) sessions->opened(session, exchange.client_ip());
            const Json answer{
                {"id", session.id},
                {"scope", session.scope},
                {"expires_at", format_time(Timestamp(std::chrono::seconds(session.expires)))},
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
