#include "ezapi/changes.hpp"

#include <gtest/gtest.h>

#include "ezapi/fake_host.hpp"

namespace ezapi {
namespace {

std::string array_of(std::vector<std::string_view> items) {
    return pg_array(items);
}

TEST(PgArray, QuotesEveryItem) {
    EXPECT_EQ(array_of({}), "{}");
    EXPECT_EQ(array_of({"a", "b c"}), R"({"a","b c"})");
    EXPECT_EQ(array_of({""}), R"({""})");
    EXPECT_EQ(array_of({"NULL"}), R"({"NULL"})");
}

TEST(PgArray, EscapesWhatWouldEndAnItem) {
    EXPECT_EQ(array_of({R"(a"b)", R"(c\d)", "e,f", "{g}"}), R"({"a\"b","c\\d","e,f","{g}"})");
}

Projection flags() {
    return project_rows("config:flags",
                        Layout::field,
                        "SELECT name, value FROM flags",
                        "name",
                        [](const Rows& rows, size_t row, ProjectionSink& sink) {
                            sink.value(rows.text(row, 0), rows.text(row, 1));
                        });
}

struct Flags {
    explicit Flags(Host& host) { host.project(flags()); }
};

TEST(Projection, ReportsIdsWithoutARowAsAbsent) {
    FakeHost host;
    host.db.answer = [](const fake::Statement& statement) {
        EXPECT_EQ(statement.params[0], R"({"a","b"})");
        return fake::Answer{.rows = {{"a", "1"}}};
    };
    host.start<Flags>();

    const fake::Rendered rendered = host.changes.render("config:flags", {"a", "b"});

    ASSERT_EQ(rendered.size(), 2U);
    EXPECT_EQ(rendered.at("a")->value, "1");
    EXPECT_FALSE(rendered.at("b").has_value());
}

TEST(Projection, ScansInByteOrderBehindAnId) {
    FakeHost host;
    std::string sql;
    host.db.answer = [&](const fake::Statement& statement) {
        sql = statement.sql;
        EXPECT_EQ(statement.params, (std::vector<fake::Cell>{"a", "2"}));
        return fake::Answer{.rows = {{"b", "2"}, {"c", "3"}}};
    };
    host.start<Flags>();

    EXPECT_EQ(host.changes.scan("config:flags", "a", 2).size(), 2U);
    EXPECT_EQ(sql,
              "SELECT name, value FROM flags WHERE (name) COLLATE \"C\" > $1 "
              "ORDER BY (name) COLLATE \"C\" LIMIT $2");
}

TEST(Projection, ContinuesAWhereOfTheSelect) {
    const Projection projection = project_rows(
        "x", Layout::field, "SELECT a FROM t WHERE live", "a", [](const Rows&, size_t, auto&) {});
    FakeHost host;
    Tx tx = Db(host.abi()).begin();
    ProjectionSink sink([](void*, const ez_projected*) noexcept -> ez_status { return EZ_OK; },
                        nullptr);

    projection.scan(tx, "", 1, sink);

    EXPECT_EQ(host.db.count("SELECT a FROM t WHERE live AND (a)"), 1U);
}

TEST(Projection, EndsWithTheStatusOfAReceiverThatStops) {
    ProjectionSink sink(
        [](void*, const ez_projected*) noexcept -> ez_status { return EZ_UNAVAILABLE; }, nullptr);
    try {
        sink.value("a", "1");
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.status(), EZ_UNAVAILABLE);
    }
}

TEST(ProjectionSink, PassesTheFieldsOfAHash) {
    std::string seen;
    ProjectionSink sink(
        [](void* user, const ez_projected* entity) noexcept -> ez_status {
            for (size_t i = 0; i < entity->field_count; ++i) {
                *static_cast<std::string*>(user) +=
                    std::string(view(entity->fields[i].name)) + "=" +
                    std::string(view(entity->fields[i].value)) + ";";
            }
            return EZ_OK;
        },
        &seen);

    sink.hash("7", {{"id", "7"}, {"name", "acme"}});

    EXPECT_EQ(seen, "id=7;name=acme;");
}

}  // namespace
}  // namespace ezapi
