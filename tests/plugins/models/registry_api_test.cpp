// The registry in the real server: the job, the routes, and manual models.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/upstream.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;

class RegistryApiTest : public PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (const std::string why = PrivateRedis::missing(); !why.empty()) GTEST_SKIP() << why;
        if (IsSkipped()) return;
        upstream_.serve(document(1000), "\"1\"");
        instance_ = std::make_unique<Instance>(
            InstanceOptions{.plugins = {"namespaces", "models"},
                            .environment = {{"EZ_MODEL_REGISTRY_ENABLED", "true"},
                                            {"EZ_MODEL_REGISTRY_URL", upstream_.url()},
                                            {"EZ_MODEL_REGISTRY_ALLOWED_NETWORKS", "127.0.0.1"},
                                            {"EZ_MODEL_REGISTRY_REFRESH_SECONDS", "3600"},
                                            {"EZ_MODEL_REGISTRY_CACHE_DIR", make_cache_dir()}}});
        admin_ = std::make_unique<HttpClient>(instance_->admin());
    }

    static std::string make_cache_dir() {
        return (std::filesystem::temp_directory_path() /
                ("ezapi-registry-api-" + std::to_string(::getpid())))
            .string();
    }

    void TearDown() override { std::filesystem::remove_all(make_cache_dir()); }

    static std::string document(int window) {
        return json{{"openai",
                     {{"models",
                       {{"gpt-5", {{"limit", {{"context", window}}}}},
                        {"gpt-4.1", {{"limit", {{"context", 7}}}}}}}}}}
            .dump();
    }

    json model(const std::string& name) {
        const json page = admin_->get("/admin/models?name=" + name).json().at("data");
        return page.empty() ? json() : page.at(0);
    }

    /// The run of the job may still hold the lock of the registry after its state is visible.
    HttpAnswer refresh(const std::string& query = "") {
        HttpAnswer answer;
        EXPECT_TRUE(eventually(10s, [&] {
            answer = admin_->send("POST", "/admin/models/registry/refresh" + query);
            const json body = answer.json();
            return body.is_null() || body.value("code", "") != "running";
        })) << answer.body;
        return answer;
    }

    json state() { return admin_->get("/admin/models/registry").json(); }

    Upstream upstream_;
    std::unique_ptr<Instance> instance_;
    std::unique_ptr<HttpClient> admin_;
};

TEST_F(RegistryApiTest, RefreshesByItselfAndOnDemand) {
    ASSERT_TRUE(eventually(30s, [&] { return state().at("state") == "ok"; })) << state();
    EXPECT_EQ(state().at("models"), 2);
    EXPECT_EQ(state().at("source"), "upstream");
    EXPECT_EQ(state().at("counts").at("created"), 2);
    EXPECT_EQ(model("openai.gpt-5").at("source"), "registry");

    upstream_.serve(document(2000), "\"2\"");
    const HttpAnswer answer = refresh();
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json().at("updated"), 1);
    EXPECT_EQ(answer.json().at("unchanged"), 1);
    EXPECT_EQ(model("openai.gpt-5").at("context_window"), 2000);

    upstream_.fail(Upstream::Response::HTTP_INTERNAL_SERVER_ERROR);
    EXPECT_EQ(refresh().json().at("source"), "cache");
    EXPECT_EQ(state().at("state"), "cached");
    EXPECT_THAT(state().at("last_error").get<std::string>(), HasSubstr("500"));

    EXPECT_EQ(refresh("?force=perhaps").status, 400);
    const HttpAnswer keyed = admin_->send(
        "POST", "/admin/models/registry/refresh", {}, {{"Idempotency-Key", "refresh-1"}});
    EXPECT_EQ(keyed.status, 400);
    EXPECT_THAT(keyed.body, HasSubstr("Idempotency-Key"));
    upstream_.serve(R"({"x": {"models": {"only": {}}}})", "\"3\"");
    EXPECT_EQ(refresh().status, 409);
    EXPECT_EQ(state().at("state"), "failed");
    EXPECT_EQ(refresh("?force=true").json().at("removed"), 2);
}

TEST_F(RegistryApiTest, AWriteMakesAModelManualUntilItIsHandedBack) {
    ASSERT_TRUE(eventually(30s, [&] { return state().at("state") == "ok"; })) << state();
    const json before = model("openai.gpt-5");
    const std::string path = "/admin/models/" + before.at("id").dump();
    const json mine = admin_->patch(path, {{"context_window", 5}}).json();
    EXPECT_EQ(mine.at("source"), "manual");
    const HttpAnswer kept = refresh();
    ASSERT_EQ(kept.status, 200) << kept.body;
    EXPECT_EQ(kept.json().at("manual"), 1);
    EXPECT_EQ(model("openai.gpt-5").at("context_window"), 5);
    EXPECT_EQ(admin_->patch(path, {{"source", "registry"}}).status, 200);
    const HttpAnswer updated = refresh();
    ASSERT_EQ(updated.status, 200) << updated.body;
    EXPECT_EQ(updated.json().at("updated"), 1);
    EXPECT_EQ(model("openai.gpt-5").at("context_window"), 1000);
}

}  // namespace
}  // namespace ezapi::tests
