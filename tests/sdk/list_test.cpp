#include "ezapi/resource/list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/fake_host.hpp"
#include "ezapi/resource.hpp"

namespace ezapi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Widgets on a fake database that answers every page with three rows.
class List : public ::testing::Test {
protected:
    struct Widgets {
        explicit Widgets(Host& host)
            : entity({.name = "widgets",
                      .table = "widgets",
                      .schema = "Widget",
                      .fields = fields(text("name").filterable().sortable().searchable(),
                                       text("note").nullable().sortable(),
                                       choice("status", {"on", "off"}).filterable(),
                                       integer("quota").filterable(),
                                       boolean("live").filterable().sortable(),
                                       time("seen_at").nullable().filterable().sortable(),
                                       number("price").sortable(),
                                       texts("models").filterable(),
                                       text("digest").hidden())}) {
            serve(host, entity, {.path = "/admin/widgets", .tag = "widgets"});
            serve(host, entity, {.path = "/admin/others", .tag = "widgets"});
        }

        Resource entity;
    };

    List() {
        host_.db.answer = [](const fake::Statement& statement) {
            if (statement.sql.starts_with("SELECT count")) return fake::Answer{.rows = {{"3"}}};
            fake::Answer answer;
            for (const char* id : {"1", "2", "3"}) answer.rows.push_back(row(statement.sql, id));
            return answer;
        };
        host_.start<Widgets>();
    }

    /// A row with the columns of a widget and as many sort keys as the statement selects.
    static std::vector<fake::Cell> row(const std::string& sql, const std::string& id) {
        std::vector<fake::Cell> out{id,
                                    "1",
                                    "2026-01-02 03:04:05+00",
                                    "2026-01-02 03:04:05+00",
                                    "w" + id,
                                    std::nullopt,
                                    "on",
                                    "5",
                                    "t",
                                    std::nullopt,
                                    "2.5",
                                    "[\"a\", \"b\"]",
                                    "secret"};
        for (size_t at = sql.find(")::text"); at != std::string::npos;
             at = sql.find(")::text", at + 1))
            out.emplace_back(sort_key(sql.substr(0, at), id));
        return out;
    }

    static std::string sort_key(const std::string& sql, const std::string& id) {
        return sql.ends_with("'-infinity')") ? "-infinity" : "k" + id;
    }

    fake::HttpReply get(const std::string& query) {
        return host_.http.call({"GET", "/admin/widgets" + query});
    }

    [[nodiscard]] fake::Statement last() const { return host_.db.statements().back(); }

    FakeHost host_;
};

TEST_F(List, ShowsRowsWithoutHiddenColumns) {
    const Json page = get("").json();

    ASSERT_EQ(page["data"].size(), 3U);
    EXPECT_EQ(page["data"][0],
              Json::parse(R"({"id":1,"name":"w1","note":null,"status":"on","quota":5,"live":true,
                              "seen_at":null,"price":2.5,"models":["a","b"],"version":1,
                              "created_at":"2026-01-02T03:04:05.000Z",
                              "updated_at":"2026-01-02T03:04:05.000Z"})"));
    EXPECT_EQ(page["next_cursor"], nullptr);
    EXPECT_FALSE(page.contains("total"));
}

TEST_F(List, AsksForOneRowMoreThanThePage) {
    get("?limit=7");
    EXPECT_THAT(last().sql, HasSubstr(" ORDER BY id LIMIT 8"));
}

TEST_F(List, ContinuesBehindTheLastRowOfThePage) {
    const std::string cursor = get("?limit=2").json()["next_cursor"];

    const Json next = get("?limit=2&cursor=" + cursor).json();

    EXPECT_EQ(next["data"].size(), 2U);
    EXPECT_THAT(last().sql, HasSubstr(" WHERE id > $1 ORDER BY id LIMIT 3"));
    EXPECT_EQ(last().params, (std::vector<fake::Cell>{"2"}));
}

TEST_F(List, ContinuesAMixedSortWithABoundForTheIndex) {
    const std::string cursor =
        get("?limit=2&status=on&sort=-created_at,name").json()["next_cursor"];

    get("?limit=3&sort=-created_at,name&count=false&status=on&cursor=" + cursor);

    EXPECT_THAT(last().sql,
                HasSubstr(" WHERE \"status\" = $1 AND created_at <= $2 AND ((created_at < $2) OR "
                          "(created_at = $2 AND \"name\" > $3) OR "
                          "(created_at = $2 AND \"name\" = $3 AND id > $4)) "
                          "ORDER BY created_at DESC, \"name\", id LIMIT 4"));
    EXPECT_EQ(last().params, (std::vector<fake::Cell>{"on", "2026-01-02 03:04:05+00", "w2", "2"}));
}

TEST_F(List, ContinuesASortInOneDirectionWithARowComparison) {
    const std::string cursor = get("?limit=2&sort=-created_at,-name").json()["next_cursor"];

    get("?limit=2&sort=-created_at,-name&cursor=" + cursor);

    EXPECT_THAT(last().sql,
                HasSubstr(" WHERE created_at <= $1 AND (created_at, \"name\", id) < ($1, $2, $3) "
                          "ORDER BY created_at DESC, \"name\" DESC, id DESC LIMIT 3"));
    EXPECT_EQ(last().params, (std::vector<fake::Cell>{"2026-01-02 03:04:05+00", "w2", "2"}));
}

TEST_F(List, SelectsSortKeysThatTheRowDoesNotHold) {
    const std::string cursor = get("?limit=2&sort=note,name").json()["next_cursor"];
    EXPECT_THAT(last().sql, HasSubstr(", (COALESCE(\"note\", ''))::text AS ez_sort_0 FROM"));

    get("?limit=2&sort=note,name&cursor=" + cursor);

    EXPECT_EQ(last().params, (std::vector<fake::Cell>{"k2", "w2", "2"}));
}

TEST_F(List, SortsNullAsTheLeastValueSoThatPagesCanContinue) {
    get("?sort=note");
    EXPECT_THAT(last().sql, HasSubstr("ORDER BY COALESCE(\"note\", ''), id LIMIT"));
}

TEST_F(List, RefusesACursorOfAnotherCollectionFilterSearchOrSort) {
    const std::vector<std::string> queries{"",
                                           "&sort=name",
                                           "&sort=-name",
                                           "&sort=name,created_at",
                                           "&name=a",
                                           "&name=b",
                                           "&status=on",
                                           "&status=off",
                                           "&quota=1",
                                           "&live=true",
                                           "&q=a",
                                           "&q=b",
                                           "&models=a",
                                           "&q=a&status=on"};
    for (const std::string& from : queries) {
        const std::string cursor = get("?limit=2" + from).json()["next_cursor"];
        EXPECT_EQ(get("?limit=1&count=true" + from + "&cursor=" + cursor).status, 200) << from;
        for (const std::string& to : queries) {
            if (to == from) continue;
            const auto reply = get("?limit=2" + to + "&cursor=" + cursor);
            EXPECT_EQ(reply.status, 400) << from << " to " << to;
            EXPECT_THAT(reply.body, HasSubstr("belongs to another collection")) << from << to;
        }
        EXPECT_EQ(
            host_.http.call({"GET", "/admin/others?limit=2" + from + "&cursor=" + cursor}).status,
            400)
            << from;
    }
    const std::string cursor = get("?status=on&name=a&limit=2").json()["next_cursor"];
    EXPECT_EQ(get("?name=a&cursor=" + cursor + "&status=on").status, 200) << "in any order";
}

TEST_F(List, RefusesACursorOfOwnMaking) {
    const std::string cursor = get("?limit=2&sort=name").json()["next_cursor"];

    EXPECT_EQ(get("?sort=name&cursor=" + cursor.substr(1)).status, 400);
    EXPECT_EQ(get("?cursor=" + base64url("[\"\",7]")).status, 400);
    EXPECT_EQ(get("?cursor=" + base64url("[\"\",\"\\u0000\"]")).status, 400);
    EXPECT_EQ(get("?cursor=%21").status, 400);
}

TEST_F(List, RefusesACursorWithValuesOfAnotherTypeByItsName) {
    // With the digest of a valid cursor of this list.
    const auto forged = [&](const std::string& sort, std::vector<std::string> values) {
        const std::string cursor = get("?limit=2&sort=" + sort).json()["next_cursor"];
        Json parts = Json::parse(from_base64url(cursor).value());
        parts.erase(parts.begin() + 1, parts.end());
        for (std::string& value : values) parts.push_back(std::move(value));
        return get("?sort=" + sort + "&cursor=" + base64url(dump_json(parts)));
    };
    const auto refusal = [&](const std::string& sort, const std::vector<std::string>& values) {
        const auto reply = forged(sort, values);
        EXPECT_EQ(reply.status, 400) << values[0];
        return reply.json()["errors"][0]["field"];
    };
    EXPECT_EQ(refusal("", {"x"}), "cursor");
    EXPECT_EQ(refusal("", {"9223372036854775808"}), "cursor");
    EXPECT_EQ(refusal("created_at", {"yesterday", "1"}), "cursor");
    EXPECT_EQ(refusal("live", {"maybe", "1"}), "cursor");
    for (const char* price : {"", ".", "1e5", "NaN", "1.", "--1", "1.2.3"})
        EXPECT_EQ(refusal("price", {price, "1"}), "cursor") << price;
    EXPECT_EQ(forged("price", {"-0.25", "1"}).status, 200);
    EXPECT_EQ(forged("seen_at", {"-infinity", "1"}).status, 200);
}

TEST_F(List, AFaultNamesItsParameterOnce) {
    for (const char* query : {"limit=0",
                              "limit=x",
                              "count=x",
                              "sort=x",
                              "cursor=!",
                              "status=x",
                              "quota=x",
                              "live=x",
                              "seen_at=x",
                              "name=%00"}) {
        const Json problem = get(std::string("?") + query).json();
        const std::string name(query, std::string_view(query).find('='));
        ASSERT_EQ(problem["errors"].size(), 1U) << query;
        EXPECT_EQ(problem["errors"][0]["field"], name);
        EXPECT_THAT(problem["errors"][0]["message"].get<std::string>(), Not(HasSubstr(name + ":")));
        EXPECT_THAT(problem["detail"].get<std::string>(), testing::StartsWith(name + ": "));
    }
}

TEST_F(List, FiltersByEqualityAndMembership) {
    get("?name=a%26b&limit=5&live=true&models=gpt");
    EXPECT_THAT(last().sql,
                HasSubstr(" WHERE \"name\" = $1 AND \"live\" = $2 AND \"models\" @> $3::jsonb"));
    EXPECT_EQ(last().params, (std::vector<fake::Cell>{"a&b", "true", "[\"gpt\"]"}));
}

TEST_F(List, SearchesLiterally) {
    get("?q=50%25_%5C");
    EXPECT_THAT(last().sql, HasSubstr(" WHERE (\"name\" ILIKE $1)"));
    EXPECT_EQ(last().params, (std::vector<fake::Cell>{R"(%50\%\_\\%)"}));
}

TEST_F(List, CountsOnlyOnRequestAndWithoutTheCursor) {
    EXPECT_EQ(get("?status=on&count=true").json()["total"], 3);
    EXPECT_EQ(last().sql, "SELECT count(*) FROM widgets WHERE \"status\" = $1");
}

TEST_F(List, RefusesWhatItDoesNotKnow) {
    for (const char* query : {"?limit=0",
                              "?limit=501",
                              "?limit=x",
                              "?count=yes",
                              "?sort=digest",
                              "?sort=name,status",
                              "?status=gone",
                              "?live=1",
                              "?seen_at=now",
                              "?digest=x",
                              "?colour=red"}) {
        EXPECT_EQ(get(query).status, 400) << query;
    }
    EXPECT_TRUE(host_.db.statements().empty());
    EXPECT_THAT(get("?status=gone").body, HasSubstr("status: expected one of on, off, found"));
}

TEST_F(List, NeverPutsTextFromOutsideIntoSql) {
    get("?name=%27%3B%20DROP&q=%27%3B%20DROP");
    EXPECT_THAT(last().sql, Not(HasSubstr("DROP")));
}

}  // namespace
}  // namespace ezapi
