// The generated OpenAPI document passes the linter, and every operation in it answers as declared.

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/child_process.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

class OpenApiTest : public InstanceTest {
protected:
    static uint16_t registry_port() {
        static const uint16_t port = reserve_port();
        return port;
    }

    InstanceOptions options() const override {
        const std::string registry =
            "http://127.0.0.1:" + std::to_string(registry_port()) + "/api.json";
        return {.plugins = {"namespaces",
                            "masters",
                            "keys",
                            "provider-groups",
                            "models",
                            "bindings",
                            "features",
                            "logs",
                            "sync"},
                .environment = {{"EZ_MODEL_REGISTRY_ENABLED", "true"},
                                {"EZ_MODEL_REGISTRY_URL", registry},
                                {"EZ_MODEL_REGISTRY_ALLOWED_NETWORKS", "127.0.0.1"}}};
    }

    void SetUp() override {
        if (find_program("node").empty()) GTEST_SKIP() << "node is not installed";
        InstanceTest::SetUp();
    }

    /// Runs a program; returns its exit code and puts its output into `output`.
    static int run(const std::vector<std::string>& arguments, std::string& output) {
        const std::string log = instance().folder() + "/child.log";
        const int pid =
            start_process(arguments, {.user = {}, .log = log, .parent_death_signal = 9});
        const int code = wait_process(pid);
        std::ifstream in(log);
        output.assign(std::istreambuf_iterator<char>(in), {});
        return code;
    }
};

TEST_F(OpenApiTest, LintsClean) {
    const HttpAnswer document = admin().get("/swagger/openapi.json");
    ASSERT_EQ(document.status, 200);
    const std::string file = instance().folder() + "/openapi.json";
    std::ofstream(file) << document.body;

    std::string output;
    EXPECT_EQ(run({EZAPI_SOURCE_DIR "/tests/tree/openapi_lint.sh", file}, output), 0) << output;
}

TEST_F(OpenApiTest, AnswersAsDeclared) {
    std::string output;
    EXPECT_EQ(run({"/usr/bin/env",
                   "EZ_URL=http://127.0.0.1:" + std::to_string(instance().port()),
                   std::string("EZ_ADMIN_TOKEN=") + kAdminToken,
                   std::string("EZ_INTERNAL_TOKEN=") + kInternalToken,
                   "EZ_REGISTRY_PORT=" + std::to_string(registry_port()),
                   find_program("node"),
                   EZAPI_SOURCE_DIR "/tests/integration/openapi/conformance.mjs"},
                  output),
              0)
        << output;
}

TEST_F(OpenApiTest, CarriesNoRouteOfADisabledPlugin) {
    Instance lone({.plugins = {"namespaces"}});
    const nlohmann::json paths = lone.admin().get("/swagger/openapi.json").json().at("paths");

    EXPECT_TRUE(paths.contains("/admin/namespaces"));
    EXPECT_FALSE(paths.contains("/admin/masters"));
    EXPECT_EQ(lone.admin().get("/admin/masters").status, 404);
}

TEST_F(OpenApiTest, PassesPromtool) {
    if (find_program("promtool").empty()) GTEST_SKIP() << "promtool is not installed";
    const HttpAnswer metrics = instance().internal().get("/internal/metrics");
    ASSERT_EQ(metrics.status, 200);
    const std::string file = instance().folder() + "/metrics.txt";
    std::ofstream(file) << metrics.body;

    std::string output;
    EXPECT_EQ(run({"/bin/bash", "-c", "promtool check metrics <" + file}, output), 0) << output;
}

}  // namespace
}  // namespace ezapi::tests
