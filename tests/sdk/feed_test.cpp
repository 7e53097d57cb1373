#include "ezapi/resource/feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/base64.hpp"
#include "ezapi/fake_host.hpp"

namespace ezapi {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

/// Two feeds on a fake database that answers every page with two rows: one ordered by id, one by a
/// time.
class Feeds : public ::testing::Test {
protected:
    struct Plugin {
        explicit Plugin(Host& host)
            : db(host.db()),
              plain({.table = "notes",
                     .schema = "Note",
                     .fields = fields(text("author").filterable(), time("created_at")),
                     .range = "created_at"}),
              timed({.table = "events",
                     .schema = "Event",
                     .fields = fields(text("author").filterable(), time("created_at")),
                     .range = "created_at",
                     .order = "created_at",
                     .filters = {{"size", text_schema(), "How large", &size_filter}}}) {
            host.get("/plain", Access::anyone, plain.operation("Notes"), [this](auto& request) {
                return plain.page(db, request);
            });
            host.get("/timed", Access::anyone, timed.operation("Events"), [this](auto& request) {
                const Within within{.field = "owner", .id = 7};
                Tx tx = db.begin({.read_only = true});
                return timed.page(tx, request, &within);
            });
        }

        static ListCondition size_filter(std::string_view value) {
            if (value == "large") return {"bytes > 1000"};
            if (value.starts_with("x")) return {"bytes = $? OR bytes = -$?", std::string(value)};
            throw bad_query("size", "expected large");
        }

        Db db;
        Feed plain;
        Feed timed;
    };

    Feeds() {
        host_.db.answer = [](const fake::Statement& statement) {
            if (statement.sql.starts_with("SELECT count")) return fake::Answer{.rows = {{"9"}}};
            return fake::Answer{.rows = {{"12", "ada", "2026-01-02 03:04:05.123456+00"},
                                         {"11", "bob", "2026-01-02 03:04:05+00"}}};
        };
        host_.start<Plugin>();
    }

    fake::HttpReply get(const std::string& target) { return host_.http.call({"GET", target}); }

    /// The sort keys in a cursor.
    static std::vector<std::string> keys_of(const std::string& cursor) {
        Json parts = Json::parse(from_base64url(cursor).value());
        parts.erase(0);
        return parts;
    }

    [[nodiscard]] fake::Statement select() const {
        for (const fake::Statement& statement : host_.db.statements()) {
            if (statement.sql.starts_with("SELECT id")) return statement;
        }
        return {};
    }

    FakeHost host_;
};

TEST_F(Feeds, GoByIdNewestFirst) {
    const Json page = get("/plain?limit=1").json();
    EXPECT_EQ(page["data"].size(), 1U);
    EXPECT_EQ(page["data"][0]["id"], 12);
    EXPECT_EQ(page["data"][0]["created_at"], "2026-01-02T03:04:05.123Z");
    EXPECT_THAT(select().sql, EndsWith(" FROM notes ORDER BY id DESC LIMIT 2"));
    EXPECT_EQ(keys_of(page["next_cursor"]), (std::vector<std::string>{"12"}));
}

TEST_F(Feeds, ContinueBehindTheId) {
    const std::string cursor = get("/plain?limit=1").json()["next_cursor"];
    get("/plain?cursor=" + cursor);
    const fake::Statement last = host_.db.statements().back();
    EXPECT_THAT(last.sql, HasSubstr(" WHERE id < $1 ORDER BY id DESC"));
    EXPECT_THAT(last.params, ElementsAre("12"));
}

TEST_F(Feeds, MayGoByATimeAndContinueBehindBoth) {
    const Json page = get("/timed?limit=1").json();
    EXPECT_THAT(select().sql,
                EndsWith(" WHERE \"owner\" = $1 ORDER BY \"created_at\" DESC, id DESC LIMIT 2"));
    const std::string cursor = page["next_cursor"].get<std::string>();
    EXPECT_EQ(keys_of(cursor), (std::vector<std::string>{"2026-01-02 03:04:05.123456+00", "12"}));

    FakeHost next;
    next.db.answer = host_.db.answer;
    next.start<Plugin>();
    EXPECT_EQ(next.http.call({"GET", "/timed?cursor=" + cursor}).status, 200);
    const fake::Statement statement = next.db.statements().at(1);
    EXPECT_THAT(statement.sql,
                HasSubstr(" AND \"created_at\" <= $2 AND (\"created_at\", id) < ($2, $3)"));
    EXPECT_THAT(statement.params, ElementsAre("7", "2026-01-02 03:04:05.123456+00", "12"));
}

TEST_F(Feeds, TakeDatesForWholeDays) {
    EXPECT_EQ(get("/plain?from=2026-01-02&to=2026-01-02").status, 200);
    EXPECT_THAT(select().params,
                ElementsAre(testing::Optional(testing::StartsWith("2026-01-02T00:00:00")),
                            testing::Optional(testing::StartsWith("2026-01-03T00:00:00"))));
    EXPECT_EQ(get("/plain?from=2026-02-30").status, 400);
    EXPECT_EQ(get("/plain?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00.001Z").status, 200);
    for (const char* query : {"from=2026-01-03&to=2026-01-02", "to=2026-01-02&from=2026-01-03"}) {
        const auto answer = get(std::string("/plain?") + query);
        EXPECT_EQ(answer.status, 400) << query;
        EXPECT_EQ(answer.json()["errors"][0]["field"], "from") << query;
    }
}

TEST_F(Feeds, TakeOnlyCursorsOfTheirOwn) {
    const auto status = [&](const std::string& path, const std::vector<Json>& keys) {
        Json parts = Json::array();
        for (const Json& key : keys) parts.push_back(key);
        EXPECT_EQ(get(path + "?cursor=" + base64url(dump_json(parts))).status, 400)
            << "without a mark";
        const std::string cursor = get(path + "?limit=1").json()["next_cursor"];
        parts.insert(parts.begin(), Json::parse(from_base64url(cursor).value())[0]);
        return get(path + "?cursor=" + base64url(dump_json(parts))).status;
    };
    const std::string time = "2026-01-02 03:04:05+00";
    EXPECT_EQ(status("/plain", {"12"}), 200);
    for (const std::vector<Json>& keys : std::vector<std::vector<Json>>{
             {}, {""}, {"x"}, {"1 2"}, {12}, {time}, {time, "12"}, {nullptr}})
        EXPECT_EQ(status("/plain", keys), 400) << Json(keys);
    EXPECT_EQ(status("/timed", {time, "12"}), 200);
    for (const std::vector<Json>& keys : std::vector<std::vector<Json>>{
             {}, {"12"}, {time}, {time, ""}, {"now", "12"}, {"12", time}, {time, "12", "12"}})
        EXPECT_EQ(status("/timed", keys), 400) << Json(keys);
}

TEST_F(Feeds, TakeOnlyCursorsOfTheSameFilters) {
    const std::vector<std::string> queries{"/timed?",
                                           "/timed?author=ada&",
                                           "/timed?author=bob&",
                                           "/timed?size=large&",
                                           "/timed?size=x1&",
                                           "/timed?from=2026-01-01T00:00:00Z&",
                                           "/timed?to=2026-01-01T00:00:00Z&"};
    for (const std::string& from : queries) {
        const std::string cursor = get(from + "limit=1").json()["next_cursor"];
        for (const std::string& to : queries)
            EXPECT_EQ(get(to + "limit=2&count=true&cursor=" + cursor).status,
                      to == from ? 200 : 400)
                << from << " to " << to;
        EXPECT_EQ(get("/plain?cursor=" + cursor).status, 400) << from;
    }
}

TEST_F(Feeds, HaveFiltersOfTheirOwn) {
    EXPECT_EQ(get("/timed?author=ada&size=x5").status, 200);
    EXPECT_THAT(select().sql,
                HasSubstr("\"owner\" = $1 AND \"author\" = $2 AND (bytes = $3 OR bytes = -$3)"));
    EXPECT_THAT(select().params, ElementsAre("7", "ada", "x5"));
    EXPECT_EQ(get("/timed?size=large&count=true").json()["total"], 9);
    EXPECT_THAT(host_.db.statements().back().sql,
                testing::AnyOf("ROLLBACK", HasSubstr("(bytes > 1000)")));
    EXPECT_EQ(get("/timed?size=small").status, 400);
    EXPECT_EQ(get("/timed?size=x%00").status, 400);
    EXPECT_EQ(get("/plain?size=large").status, 400);
}

}  // namespace
}  // namespace ezapi
