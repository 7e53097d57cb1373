// A plugin in plain C in the real process: start, stop and reload.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/abi.h"
#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace {

using namespace ezapi::tests;
using namespace std::chrono_literals;
using testing::HasSubstr;

class PluginsTest : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"probe", "probe-then", "probe-grown"},
                .plugin_directories = {PROBE_FOLDER},
                .plugin_settings = {{"probe", "greeting: salve"}}};
    }

    static nlohmann::json plugin(const std::string& name) {
        const nlohmann::json list = admin().get("/admin/plugins").json();
        for (const auto& entry : list.at("data")) {
            if (entry.at("name") == name) return entry;
        }
        return nullptr;
    }
};

// Built with the current header, with the frozen one, and with one whose structs are all longer.
TEST_F(PluginsTest, ReachesEveryTableOfTheAbi) {
    for (const std::string name : {"probe", "probe-then", "probe-grown"}) {
        const auto ask = [&] { return admin().get("/" + name + "/you"); };
        EXPECT_TRUE(eventually(20s, [&] { return ask().json().value("runs", 0) == 1; })) << name;
        const HttpAnswer answer = ask();
        ASSERT_EQ(answer.status, 200) << name << ": " << answer.body;
        EXPECT_EQ(answer.header("x-probe"), "plain C");
        EXPECT_EQ(answer.json().at("name"), "you");
        EXPECT_EQ(answer.json().at("row"), 21);
        EXPECT_EQ(answer.json().at("columns"), 1);
        EXPECT_EQ(answer.json().at("redis"), "PONG");
        EXPECT_EQ(answer.json().at("changes"), "1 2 ") << name;
        EXPECT_EQ(answer.json().at("caller"), EZ_PUBLIC);
        EXPECT_EQ(answer.json().at("origin"), "GET");
        EXPECT_EQ(answer.json().at("rendered"), "a b ");
        EXPECT_EQ(answer.json().at("projections"), 1);
    }
    EXPECT_THAT(instance().log(), HasSubstr("probe: {\"greeting\":\"salve\"}"));
}

TEST_F(PluginsTest, AreShownWithStateRoutesAndJobs) {
    EXPECT_TRUE(eventually(
        20s, [] { return !plugin("probe").at("jobs").at(0).at("last_run_at").is_null(); }));
    const nlohmann::json probe = plugin("probe");
    EXPECT_EQ(probe.at("version"), "1.0.0");
    EXPECT_EQ(probe.at("abi"), "1.0");
    EXPECT_EQ(probe.at("state"), "running");
    EXPECT_EQ(probe.at("error"), nullptr);
    EXPECT_EQ(probe.at("routes"), 1);
    EXPECT_EQ(probe.at("jobs").at(0).at("name"), "tick");
    EXPECT_EQ(probe.at("jobs").at(0).at("scope"), "cluster");
    EXPECT_EQ(probe.at("jobs").at(0).at("every_seconds"), 3600);
    EXPECT_EQ(probe.at("jobs").at(0).at("last_error"), nullptr);
    EXPECT_THAT(probe.at("file"), HasSubstr("/probe.so"));
}

TEST_F(PluginsTest, AreDisabledEnabledAndReloadedWhileOthersServe) {
    EXPECT_EQ(admin().send("POST", "/admin/plugins/probe/disable").json().at("state"), "disabled");
    EXPECT_EQ(admin().get("/probe/you").status, 404);
    EXPECT_EQ(instance().client().get("/swagger/openapi.json").body.find("/probe/"),
              std::string::npos);
    EXPECT_EQ(admin().send("POST", "/admin/plugins/probe/reload").status, 409);
    EXPECT_EQ(admin().send("POST", "/admin/plugins/probe/enable").json().at("state"), "running");
    EXPECT_EQ(admin().get("/probe/you").status, 200);
    EXPECT_EQ(admin().send("POST", "/admin/plugins/probe/reload").json().at("state"), "running");
    EXPECT_EQ(admin().get("/probe/you").status, 200);
    EXPECT_EQ(admin().send("POST", "/admin/plugins/nobody/enable").status, 404);
}

TEST_F(PluginsTest, AreCountedInTheMetrics) {
    admin().get("/probe/you");
    const std::string metrics = instance().internal().get("/internal/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("ezapi_plugin_running{plugin=\"probe\"} 1"));
    EXPECT_THAT(metrics, HasSubstr("probe_calls_total "));
    EXPECT_THAT(metrics, HasSubstr("ezapi_job_runs_total{job=\"probe/tick\",result=\"ok\"}"));
    EXPECT_THAT(metrics, HasSubstr("process_resident_memory_bytes "));
}

}  // namespace
