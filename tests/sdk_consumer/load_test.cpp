// Loads the template, which build.sh has built with the installed SDK only, into the real host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Template : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"hello"},
                .plugin_directories = {HELLO_FOLDER},
                .plugin_settings = {{"hello", "greeting: Salve, report_seconds: 1"}}};
    }

    static json plugin() {
        const json all = admin().get("/admin/plugins").json();
        for (const json& one : all["data"]) {
            if (one["name"] == "hello") return one;
        }
        return {};
    }
};

TEST_F(Template, AnswersItsRouteWithItsSetting) {
    const HttpAnswer answer = instance().client().get("/hello/ada%20l");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.json(), (json{{"text", "Salve, ada l"}}));
}

TEST_F(Template, BringsItsOwnTable) {
    const HttpAnswer made =
        admin().post("/admin/greetings", {{"language", "de"}, {"text", "Guten Tag"}});
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(instance().client().get("/hello/ada?language=DE").json()["text"], "Guten Tag, ada");
    const std::string path = "/admin/greetings/" + made.json()["id"].dump();
    EXPECT_EQ(admin().patch(path, {{"enabled", false}}).status, 200);
    EXPECT_EQ(instance().client().get("/hello/ada?language=de").json()["text"], "Salve, ada");
    const HttpAnswer twin =
        admin().post("/admin/greetings", {{"language", "DE"}, {"text", "Hallo"}});
    EXPECT_EQ(twin.status, 409);
    EXPECT_EQ(admin().get("/admin/greetings?enabled=false&sort=-language").json()["data"].size(),
              1U);
    EXPECT_EQ(admin().remove(path).status, 204);
}

TEST_F(Template, IsDescribed) {
    const json document = admin().get("/swagger/openapi.json").json();
    EXPECT_EQ(document["paths"]["/hello/{name}"]["get"]["summary"], "Greets somebody");
    EXPECT_EQ(plugin()["state"], "running");
    EXPECT_EQ(plugin()["version"], "1.0.0");
}

TEST_F(Template, RunsItsJob) {
    EXPECT_TRUE(eventually(10s, [] { return !plugin()["jobs"][0]["last_run_at"].is_null(); }));
    EXPECT_EQ(plugin()["jobs"][0]["name"], "report");
    EXPECT_THAT(instance().log(), ::testing::HasSubstr("greeted"));
}

TEST_F(Template, GoesAndComesBackWhileTheHostServes) {
    EXPECT_EQ(admin().send("POST", "/admin/plugins/hello/disable").status, 200);
    EXPECT_EQ(instance().client().get("/hello/ada").status, 404);
    EXPECT_EQ(admin().send("POST", "/admin/plugins/hello/enable").status, 200);
    EXPECT_EQ(instance().client().get("/hello/ada").status, 200);
}

}  // namespace
}  // namespace ezapi::tests
