// Input of clients to resources: bodies, and query strings of lists.
#include "ezapi/fake_host.hpp"
#include "ezapi/resource.hpp"
#include "ezapi/resource/feed.hpp"
#include "host/http/wire/target.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ezapi {
namespace {

using fuzz::require;

const std::vector<Field>& widget() {
    static const std::vector<Field> kFields =
        fields(text("name").required().length(1, 20),
               choice("status", {"active", "suspended"}).default_to("active"),
               integer("limit").range(0, 100).default_to(10),
               number("price").range(0).nullable(),
               boolean("enabled").default_to(true).guarded(),
               time("expires_at").nullable(),
               texts("models").items(3),
               object("metadata").length(0, 200),
               any("value").nullable(),
               text("api_key").secret().length(4, 32),
               text("note").default_to("").prose());
    return kFields;
}

Draft read(const Json& body) {
    Draft draft;
    detail::BodyReader(widget(), BodyMode::create, draft).read(body);
    return draft;
}

/// A feed whose statements are recorded and answered by a fake database.
struct Notes {
    explicit Notes(Host& host)
        : db(host.db()),
          feed({.table = "notes",
                .schema = "Note",
                .fields = fields(text("author").filterable(),
                                 integer("size").range(1).filterable(),
                                 time("created_at")),
                .range = "created_at",
                .order = "created_at"}) {
        host.get("/notes", Access::anyone, feed.operation("Notes"), [this](auto& request) {
            return feed.page(db, request);
        });
    }

    Db db;
    Feed feed;
};

}  // namespace

EZ_FUZZ(bodies) {
    const Json body = parse_json(input, kEntityLimits);
    if (!body.is_object()) return;
    Draft first = read(body);
    if (!first.faults.empty()) {
        for (const FieldFault& fault : first.faults.take())
            require(!fault.code.empty() && !fault.message.empty(), "a fault says what is wrong");
        return;
    }
    // The stored entity can be sent again and remains the same.
    Json again = first.after;
    again["api_key"] = body.value("api_key", Json("key-of-the-test"));
    if (again["api_key"].is_null()) return;
    Draft second = read(again);
    require(second.faults.empty(), "what was kept is taken again");
    require(second.after == first.after, "and stays the same");
}

EZ_FUZZ(queries) {
    static FakeHost host;
    static const bool started = [] {
        host.db.answer = [](const fake::Statement& statement) {
            if (statement.sql.starts_with("SELECT count")) return fake::Answer{.rows = {{"9"}}};
            return fake::Answer{.rows = {{"12", "ada", "7", "2026-01-02 03:04:05.123456+00"},
                                         {"11", "bob", "7", "2026-01-02 03:04:05+00"}}};
        };
        host.start<Notes>();
        return true;
    }();
    require(started, "the plugin starts");
    // The host refuses such targets before they reach a handler.
    if (host::http::vet_target("/notes?" + std::string(input), 4096)) return;
    const fake::HttpReply reply = host.http.call({"GET", "/notes?" + std::string(input)});
    require(reply.status == 200 || reply.status == 400, "a query is answered or refused");
    if (reply.status != 200) return;
    const Json page = reply.json();
    if (!page["next_cursor"].is_string()) return;
    const auto next =
        host.http.call({"GET", "/notes?cursor=" + page["next_cursor"].get<std::string>()});
    require(next.status == 200 || next.status == 400, "a cursor is taken or refused");
}

}  // namespace ezapi
