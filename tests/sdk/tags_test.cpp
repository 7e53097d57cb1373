// An ETag identifies one answer, including its live fields: see ezapi/resource/versions.hpp.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ezapi/fake_host.hpp"
#include "ezapi/resource.hpp"

namespace ezapi {
namespace {

/// The state of a row: its version, its name and its live fields.
struct State {
    const char* version;
    const char* name;
    fake::Cell used;
    fake::Cell left;
    fake::Cell reset_at;
    fake::Cell exhausted;
};

/// A row of an entity with live fields of each type, in both kinds of collection.
class Tags : public ::testing::Test {
protected:
    struct Meters {
        explicit Meters(Host& host)
            : entity(
                  {.name = "meters",
                   .table = "meters",
                   .schema = "Meter",
                   .fields = fields(text("name").required().create_only(),
                                    integer("used").read_only().live().default_to(0),
                                    integer("left").read_only().live().nullable(),
                                    time("reset_at").read_only().live().nullable(),
                                    boolean("exhausted").read_only().live().default_to(false))}) {
            serve(host, entity, {.path = "/admin/meters", .tag = "meters"});
            serve(host, entity, {.path = "/admin/named", .tag = "named", .by = "name"});
        }

        Resource entity;
    };

    Tags() {
        host_.db.answer = [this](const fake::Statement& statement) -> fake::Answer {
            if (statement.sql.starts_with("SELECT pg_advisory")) return {};
            if (statement.sql.starts_with("DELETE")) return {.affected = 1};
            const bool is_list = statement.sql.find("ez_sort_") != std::string::npos;
            std::vector<fake::Cell> row{"7",
                                        state_.version,
                                        "2026-01-02 03:04:05+00",
                                        "2026-01-02 03:04:05+00",
                                        state_.name,
                                        state_.used,
                                        state_.left,
                                        state_.reset_at,
                                        state_.exhausted};
            if (is_list) row.emplace_back("7");
            return {.rows = {row}};
        };
        host_.start<Meters>();
    }

    /// All combinations of versions and live values; any two of them have different answers.
    static std::vector<State> states() {
        std::vector<State> out;
        for (const char* version : {"3", "4"}) {
            for (const fake::Cell& used : {fake::Cell("0"), fake::Cell("1"), fake::Cell("10")}) {
                for (const fake::Cell& left : {fake::Cell(), fake::Cell("0"), fake::Cell("1")}) {
                    for (const fake::Cell& at : {fake::Cell(),
                                                 fake::Cell("2026-01-02 03:04:05+00"),
                                                 fake::Cell("2026-01-02 03:04:05.001+00")}) {
                        for (const char* exhausted : {"f", "t"})
                            out.push_back({version, "n", used, left, at, exhausted});
                    }
                }
            }
        }
        return out;
    }

    fake::HttpReply call(const char* method, const std::string& path, fake::Headers headers = {}) {
        const char* body =
            std::string_view(method) == "PATCH" || std::string_view(method) == "PUT" ? "{}" : "";
        return host_.http.call({method, path, body, std::move(headers)});
    }

    FakeHost host_;
    State state_{"3", "n", "0", {}, {}, "f"};
};

TEST_F(Tags, AreTheVersionWhereEveryLiveFieldHasItsDefault) {
    EXPECT_EQ(call("GET", "/admin/meters/7").header("ETag"), "\"3\"");
    EXPECT_EQ(call("GET", "/admin/named/n").header("ETag"), "\"7.3\"");
    state_.used = "1";
    const std::string tag = call("GET", "/admin/meters/7").header("ETag");
    EXPECT_EQ(tag.size(), std::string("\"3-0123456789abcdef\"").size()) << tag;
    EXPECT_TRUE(tag.starts_with("\"3-")) << tag;
    EXPECT_EQ(call("GET", "/admin/named/n").header("ETag"), "\"7." + tag.substr(1));
}

TEST_F(Tags, NameOneAnswerOfAnEntityOrAList) {
    for (const char* path :
         {"/admin/meters/7", "/admin/named/n", "/admin/meters", "/admin/named"}) {
        std::vector<std::string> tags;
        for (const State& state : states()) {
            state_ = state;
            tags.push_back(call("GET", path).header("ETag"));
        }
        const std::vector<State> all = states();
        size_t unchanged = 0;
        for (size_t now = 0; now < all.size(); ++now) {
            state_ = all[now];
            for (size_t held = 0; held < all.size(); ++held) {
                const auto reply = call("GET", path, {{"If-None-Match", tags[held]}});
                ASSERT_EQ(reply.header("ETag"), tags[now]);
                ASSERT_EQ(reply.status == 304, now == held) << path << " " << tags[held];
                ASSERT_EQ(reply.body.empty(), now == held);
                unchanged += now == held ? 1 : 0;
            }
        }
        EXPECT_EQ(unchanged, all.size());
    }
}

TEST_F(Tags, OfAWriteAskForTheVersionWhateverWasCountedSince) {
    const std::vector<State> all = states();
    std::vector<std::string> tags;
    for (const State& state : all) {
        state_ = state;
        tags.push_back(call("GET", "/admin/meters/7").header("ETag"));
    }
    for (const char* method : {"PATCH", "DELETE"}) {
        for (size_t now = 0; now < all.size(); now += 7) {
            state_ = all[now];
            for (size_t held = 0; held < all.size(); ++held) {
                const auto reply = call(method, "/admin/meters/7", {{"If-Match", tags[held]}});
                const bool same = std::string_view(all[held].version) == all[now].version;
                ASSERT_EQ(reply.status == 412, !same) << method << tags[held] << reply.body;
                ASSERT_EQ(reply.status < 300, same) << method << tags[held] << reply.body;
            }
        }
    }
}

TEST_F(Tags, OfAProxyAreThoseOfTheAnswer) {
    state_.used = "10";
    const std::string tag = call("GET", "/admin/meters/7").header("ETag");
    const std::string bare = tag.substr(1, tag.size() - 2);
    for (const std::string& same : {"W/" + tag, "\"" + bare + "-gzip\"", "\"3\", " + tag})
        EXPECT_EQ(call("GET", "/admin/meters/7", {{"If-None-Match", same}}).status, 304) << same;
    for (const std::string& other :
         {std::string("\"3\""), "\"" + bare + "0\"", "\"" + bare + "-x\""})
        EXPECT_EQ(call("GET", "/admin/meters/7", {{"If-None-Match", other}}).status, 200) << other;
    for (const std::string& same : {"W/" + tag, "\"" + bare + "-gzip\"", std::string("\"3\"")})
        EXPECT_EQ(call("PATCH", "/admin/meters/7", {{"If-Match", same}}).status, 200) << same;
    for (const std::string& other : {"\"" + bare + "0\"",
                                     std::string("\"3-\""),
                                     std::string("\"-0123456789abcdef\""),
                                     std::string("\"3-0123456789ABCDEF\""),
                                     std::string("\"03-0123456789abcdef\""),
                                     std::string("\"3-0123456789abcdef-0123456789abcdef\"")})
        EXPECT_EQ(call("PATCH", "/admin/meters/7", {{"If-Match", other}}).status, 412) << other;
    EXPECT_EQ(call("GET", "/admin/meters", {{"If-None-Match", "3"}}).status, 400);
    EXPECT_EQ(call("GET", "/admin/meters", {{"If-None-Match", "*"}}).status, 304);
}

}  // namespace
}  // namespace ezapi
