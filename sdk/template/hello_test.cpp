// Tests the plugin on the fake host, without a server or a database. Test SQL against a real
// PostgreSQL.
#include <gtest/gtest.h>

#include <ezapi/fake_host.hpp>

namespace {

using namespace ezapi;

class HelloTest : public ::testing::Test {
protected:
    HelloTest() : host_(Json{{"greeting", "Salve"}}) {
        host_.db.answer = [](const fake::Statement& statement) -> fake::Answer {
            const bool is_german = statement.params == std::vector<fake::Cell>{"de"};
            if (statement.sql.starts_with("SELECT text"))
                return is_german ? fake::Answer{.rows = {{"Guten Tag"}}} : fake::Answer{};
            if (statement.sql.starts_with("INSERT"))
                return {.rows = {{"1",
                                  "1",
                                  "2026-01-02 03:04:05+00",
                                  "2026-01-02 03:04:05+00",
                                  statement.params[0],
                                  statement.params[1],
                                  "t"}}};
            return {};
        };
        host_.start(ezapi_plugin_v1);
    }

    FakeHost host_;
};

TEST_F(HelloTest, GreetsInTheLanguageThatIsAskedFor) {
    EXPECT_EQ(host_.http.call({"GET", "/hello/ada?language=DE"}).json()["text"], "Guten Tag, ada");
    EXPECT_EQ(host_.http.call({"GET", "/hello/ada"}).json()["text"], "Salve, ada");
}

TEST_F(HelloTest, KeepsGreetings) {
    const auto made =
        host_.http.call({"POST", "/admin/greetings", R"({"language": "DE", "text": "Guten Tag"})"});
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.json()["language"], "de");
    EXPECT_EQ(made.header("ETag"), "\"1\"");

    const auto refused = host_.http.call({"POST", "/admin/greetings", R"({"language": "d"})"});
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(refused.json()["errors"].size(), 2U);  // language is too short, text is missing
}

TEST_F(HelloTest, Reports) {
    host_.http.call({"GET", "/hello/ada"});
    host_.jobs.run("report");
    EXPECT_TRUE(host_.log.contains("greeted 1 times"));
}

}  // namespace
