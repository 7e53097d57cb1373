// The registry with an upstream of the test and a real database.
#include "registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "model_snapshot.hpp"
#include "tests/contract/database_host.hpp"
#include "tests/support/upstream.hpp"

namespace ezapi::models {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using tests::Upstream;

Json document(const std::vector<std::string>& names, int window = 1000) {
    Json models = Json::object();
    for (const std::string& name : names)
        models[name] = {{"limit", {{"context", window}, {"output", 10}}},
                        {"modalities", {{"input", {"text"}}, {"output", {"text"}}}}};
    return {{"p", {{"models", models}}}};
}

class RegistryTest : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        database_ = std::make_unique<tests::DatabaseHost>("models");
        Host host = database_->host();
        keep_change_time(host);
        host.on_change("*", Phase::record, [this](Tx&, Changes changes) {
            for (const ez_change& change : changes)
                seen_.insert(std::string(view(change.resource)) + " " +
                             std::string(view(change.id)));
        });
        database_->activate();
        folder_ = std::filesystem::temp_directory_path() /
                  ("ezapi-registry-" + database_->sql.value("SELECT gen_random_uuid()"));
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    Json refresh(Removal removal = Removal::guarded) {
        seen_.clear();
        Registry registry(database_->host(),
                          {.enabled = true,
                           .refresh = 1800s,
                           .cache_dir = folder_.string(),
                           .url = upstream_.url(),
                           .name_space = {},
                           .allowed_networks = allowed_},
                          {.connect = 1000ms, .silence = 1000ms, .total = 10000ms});
        return registry.refresh(removal, [] { return false; });
    }

    Error fault_of(Removal removal = Removal::guarded) {
        try {
            (void)refresh(removal);
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "expected a fault";
        return Error(EZ_OK, "");
    }

    void serve(const Json& json, const std::string& etag) { upstream_.serve(json.dump(), etag); }

    std::string names() {
        return database_->sql.value("SELECT string_agg(name, ' ' ORDER BY name) FROM models");
    }

    std::string last_error() {
        return database_->sql.value("SELECT last_error FROM model_registry");
    }

    std::unique_ptr<tests::DatabaseHost> database_;
    Upstream upstream_;
    std::filesystem::path folder_;
    std::set<std::string> seen_;
    std::string allowed_ = "127.0.0.1";
};

TEST_F(RegistryTest, BringsInWhatTheUpstreamHas) {
    serve(document({"a", "b.1"}), "\"1\"");
    const Json out = refresh();
    EXPECT_EQ(out.at("created"), 2);
    EXPECT_EQ(out.at("source"), "upstream");
    EXPECT_EQ(out.at("etag"), "\"1\"");
    EXPECT_EQ(out.at("error"), nullptr);
    EXPECT_EQ(names(), "p.a p.b.1");
    EXPECT_EQ(database_->sql.value("SELECT string_agg(DISTINCT source, ' ') FROM models"),
              "registry");
    EXPECT_EQ(
        seen_,
        (std::set<std::string>{
            "meta:models p.a", "meta:models p.b.1", "meta models_meta", "model-registry models"}));
}

TEST_F(RegistryTest, AsksConditionallyAndTouchesNothingWhenNothingChanged) {
    serve(document({"a"}), "\"1\"");
    refresh();
    const std::string changed_at = database_->sql.value("SELECT changed_at FROM models_meta");
    const Json out = refresh();
    EXPECT_EQ(upstream_.asked().back().at("If-None-Match"), "\"1\"");
    EXPECT_EQ(out.at("source"), "not_modified");
    EXPECT_EQ(out.at("unchanged"), 1);
    EXPECT_TRUE(seen_.empty());
    EXPECT_EQ(database_->sql.value("SELECT changed_at FROM models_meta"), changed_at);
    EXPECT_EQ(database_->sql.value("SELECT version FROM models"), "1");
}

TEST_F(RegistryTest, WritesAndTouchesOnlyWhatDiffers) {
    serve(document({"a", "b", "c", "d"}), "\"1\"");
    refresh();
    Json next = document({"a", "b", "d", "e"});
    next["p"]["models"]["b"]["limit"]["context"] = 2000;
    serve(next, "\"2\"");
    const Json out = refresh();
    EXPECT_EQ(out.at("created"), 1);
    EXPECT_EQ(out.at("updated"), 1);
    EXPECT_EQ(out.at("removed"), 1);
    EXPECT_EQ(out.at("unchanged"), 2);
    EXPECT_EQ(names(), "p.a p.b p.d p.e");
    EXPECT_EQ(
        database_->sql.value("SELECT string_agg(version::text, '' ORDER BY name) FROM models"),
        "1211");
    EXPECT_EQ(seen_,
              (std::set<std::string>{"meta:models p.b",
                                     "meta:models p.c",
                                     "meta:models p.e",
                                     "meta models_meta",
                                     "model-registry models"}));
}

TEST_F(RegistryTest, RepairsRowsFromTheCacheAfterA304) {
    serve(document({"a", "b"}), "\"1\"");
    refresh();
    database_->sql.query("DELETE FROM models WHERE name = 'p.a'");
    EXPECT_EQ(refresh().at("created"), 1);
    EXPECT_EQ(names(), "p.a p.b");
}

TEST_F(RegistryTest, LeavesManualModelsAlone) {
    database_->sql.query("INSERT INTO models (name, context_window) VALUES ('p.a', 7), ('x.y', 8)");
    serve(document({"a", "b"}), "\"1\"");
    const Json out = refresh();
    EXPECT_EQ(out.at("manual"), 1);
    EXPECT_EQ(out.at("created"), 1);
    EXPECT_EQ(database_->sql.value("SELECT context_window FROM models WHERE name = 'p.a'"), "7");
    EXPECT_EQ(names(), "p.a p.b x.y");
}

TEST_F(RegistryTest, UsesTheCacheWhenTheUpstreamFails) {
    serve(document({"a", "b"}), "\"1\"");
    refresh();
    database_->sql.query("DELETE FROM models");
    upstream_.fail(Upstream::Response::HTTP_BAD_GATEWAY);
    const Json out = refresh();
    EXPECT_EQ(out.at("source"), "cache");
    EXPECT_THAT(out.at("error").get<std::string>(), HasSubstr("answered 502"));
    EXPECT_EQ(out.at("created"), 2);
    EXPECT_THAT(last_error(), HasSubstr("answered 502"));
    serve(document({"a", "b"}), "\"1\"");
    refresh();
    EXPECT_EQ(last_error(), "");
}

TEST_F(RegistryTest, SaysSoWhenThereIsNoCacheEither) {
    upstream_.fail(Upstream::Response::HTTP_NOT_FOUND);
    const Error error = fault_of();
    EXPECT_EQ(error.http_status(), 503);
    EXPECT_THAT(last_error(), HasSubstr("answered 404"));
    EXPECT_EQ(names(), "");
}

TEST_F(RegistryTest, ABrokenDocumentChangesNothing) {
    serve(document({"a", "b"}), "\"1\"");
    refresh();
    const std::string whole = document({"a", "c"}).dump();
    for (const std::string& broken : {whole.substr(0, whole.size() / 2),
                                      std::string("<html>maintenance</html>"),
                                      std::string("{}"),
                                      std::string(R"({"p": {"models": {"a": 1}}})")}) {
        upstream_.serve(broken, "\"broken\"");
        const Json out = refresh();
        EXPECT_EQ(out.at("source"), "cache") << broken;
        EXPECT_EQ(out.at("unchanged"), 2) << broken;
        EXPECT_THAT(out.at("error").get<std::string>(), HasSubstr("broken"));
        EXPECT_TRUE(seen_.empty());
        EXPECT_EQ(names(), "p.a p.b");
    }
    serve(document({"a", "b"}), "\"1\"");
    refresh();
    EXPECT_EQ(upstream_.asked().back().at("If-None-Match"), "\"1\"")
        << "what was broken is not in the cache";
}

TEST_F(RegistryTest, GoesWhereItsNetworksAllowAndNowhereElse) {
    serve(document({"a", "b"}), "\"1\"");
    refresh();
    upstream_.answer([](auto&, auto& response) { response.redirect("http://10.0.0.1/"); });
    EXPECT_THAT(refresh().at("error").get<std::string>(), HasSubstr("10.0.0.1 is private"));
    EXPECT_THAT(last_error(), HasSubstr("EZ_MODEL_REGISTRY_ALLOWED_NETWORKS"));
    EXPECT_EQ(names(), "p.a p.b");
    allowed_ = "";
    std::filesystem::remove_all(folder_);
    EXPECT_THAT(fault_of().what(), HasSubstr("127.0.0.1 is of the machine itself"));
}

TEST_F(RegistryTest, IgnoresACacheThatWasCutOrIsOfAnotherAddress) {
    serve(document({"a", "b"}), "\"1\"");
    refresh();
    const RegistryCache cache(folder_);
    EXPECT_TRUE(cache.read(upstream_.url()).has_value());
    EXPECT_FALSE(cache.read("http://elsewhere/").has_value());
    std::filesystem::resize_file(cache.file(), std::filesystem::file_size(cache.file()) - 1);
    EXPECT_FALSE(cache.read(upstream_.url()).has_value());
    refresh();
    EXPECT_EQ(upstream_.asked().back().count("If-None-Match"), 0U);
    EXPECT_TRUE(cache.read(upstream_.url()).has_value()) << "it was written anew";
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(RegistryTest, RefusesToRemoveMostUnlessForced) {
    serve(document({"a", "b", "c", "d"}), "\"1\"");
    refresh();
    serve(document({"a"}), "\"2\"");
    const Error error = fault_of();
    EXPECT_EQ(error.http_status(), 409);
    EXPECT_EQ(error.code(), "would_remove_most");
    EXPECT_EQ(names(), "p.a p.b p.c p.d");
    EXPECT_THAT(last_error(), HasSubstr("more than half"));
    EXPECT_EQ(refresh(Removal::forced).at("removed"), 3);
    EXPECT_EQ(names(), "p.a");
}

TEST_F(RegistryTest, KeepsGoingWhenTheCacheCannotBeWritten) {
    std::ofstream(folder_).put('x');  // a file in place of the folder
    serve(document({"a"}), "\"1\"");
    EXPECT_EQ(refresh().at("created"), 1);
}

TEST_F(RegistryTest, TellsTheDataPlaneWhereModelsComeFrom) {
    serve(document({"a"}), "\"1\"");
    const Json out = refresh();
    const Json meta =
        database_->render(models_meta_projection(), {kModelsMeta}).at(std::string(kModelsMeta));
    EXPECT_EQ(meta.at("source"), "models.dev");
    EXPECT_EQ(meta.at("version"), out.at("version"));
    EXPECT_EQ(meta.at("upstream_url"), upstream_.url());
    EXPECT_FALSE(meta.contains("upstream_ref"));
}

TEST_F(RegistryTest, TakesTheRealCatalogueInSeconds) {
    const char* shared = std::getenv("EZ_SHARED_DIR");
    const std::filesystem::path file =
        std::filesystem::path(shared != nullptr ? shared : EZAPI_SOURCE_DIR "/../shared") /
        "data/models.dev/api.json";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "there is no " << file;
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    upstream_.serve(text.str(), "\"real\"");
    const auto timed = [&](const char* what, Json& out) {
        const auto start = std::chrono::steady_clock::now();
        out = refresh();
        const auto took = std::chrono::steady_clock::now() - start;
        std::cout << what << ": "
                  << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms, "
                  << out.dump() << "\n";
        return took;
    };
    Json out;
    EXPECT_LT(timed("first", out), 30s);
    const auto created = out.at("created").get<size_t>();
    EXPECT_GT(created, 5000U);
    EXPECT_EQ(std::to_string(created), database_->sql.value("SELECT count(*) FROM models"));
    EXPECT_LT(timed("second", out), 30s);
    EXPECT_EQ(out.at("unchanged"), created);
    EXPECT_EQ(out.at("updated"), 0);
    EXPECT_TRUE(seen_.empty());
}

}  // namespace
}  // namespace ezapi::models
