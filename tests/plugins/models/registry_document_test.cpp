#include "registry_document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "ezapi/error.hpp"
#include "ezapi/json.hpp"
#include "model_name.hpp"

namespace ezapi::models {
namespace {

using ::testing::HasSubstr;

Json model(Json more = Json::object()) {
    Json out{{"name", "One"},
             {"tool_call", true},
             {"modalities", {{"input", {"text", "image"}}, {"output", {"text"}}}},
             {"limit", {{"context", 128000}, {"output", 8192}}},
             {"cost", {{"input", 2.5}, {"output", 10}}}};
    out.merge_patch(more);
    return out;
}

Json document(const std::string& provider, const Json& models) {
    return {{provider, {{"id", provider}, {"models", models}}}};
}

RegistryDocument read(const Json& json, std::string_view name_space = {}) {
    return read_registry_document(json.dump(), name_space);
}

std::string fault_of(std::string_view text) {
    try {
        (void)read_registry_document(text, {});
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "broken_document");
        return error.what();
    }
    return "";
}

TEST(RegistryDocument, TellsAModelFromItsDescription) {
    const RegistryDocument out = read(document("openai", {{"gpt-4.1", model()}}));
    ASSERT_EQ(out.models.size(), 1U);
    const RegistryModel expected{.name = "openai.gpt-4.1",
                                 .kind = "chat",
                                 .context_window = 128000,
                                 .max_output_tokens = 8192,
                                 .cost_per_token = "0.0000025",
                                 .supports_vision = true,
                                 .supports_functions = true,
                                 .supports_tool_choice = true,
                                 .supports_fim = false,
                                 .supports_stream = true};
    EXPECT_EQ(out.models[0], expected);
    EXPECT_EQ(out.skipped, 0U);
    EXPECT_EQ(out.sha256.size(), 64U);
}

TEST(RegistryDocument, TellsTheKind) {
    const auto kind = [](const std::string& id, const Json& more = Json::object()) {
        return read(document("p", {{id, model(more)}})).models.at(0).kind;
    };
    EXPECT_EQ(kind("gpt-5"), "chat");
    EXPECT_EQ(kind("text-embedding-3-small"), "embedding");
    EXPECT_EQ(kind("one", {{"family", "Mistral-Embed"}}), "embedding");
    EXPECT_EQ(kind("bge-reranker-v2-m3"), "rerank");
    EXPECT_EQ(kind("image-1", {{"modalities", {{"output", {"image"}}}}}), "other");
    EXPECT_EQ(kind("whisper", {{"modalities", {{"input", {"audio"}}}}}), "other");
    EXPECT_FALSE(read(document("p", {{"text-embedding-3", model()}})).models[0].supports_stream);
}

TEST(RegistryDocument, LeavesOutWhatIsUnknown) {
    const RegistryDocument out =
        read(document("p", {{"m", Json::object()}, {"z", model({{"limit", {{"context", 0}}}})}}));
    ASSERT_EQ(out.models.size(), 2U);
    EXPECT_EQ(out.models[0].context_window, std::nullopt);
    EXPECT_EQ(out.models[0].cost_per_token, "");
    EXPECT_EQ(out.models[1].context_window, std::nullopt);
}

TEST(RegistryDocument, StatesPricesExactly) {
    const auto cost = [](const Json& input) {
        return read(document("p", {{"m", model({{"cost", {{"input", input}}}})}}))
            .models.at(0)
            .cost_per_token;
    };
    EXPECT_EQ(cost(2.5), "0.0000025");
    EXPECT_EQ(cost(0.1), "0.0000001");
    EXPECT_EQ(cost(15), "0.000015");
    EXPECT_EQ(cost(0.000025), "0.000000000025");
    EXPECT_EQ(cost(0), "0");
    EXPECT_EQ(cost(1000000), "1");
}

TEST(RegistryDocument, NamesModelsAfterTheirProvidersOrInOneNamespace) {
    const Json one = document("Wafer.AI", {{"x/y.1", model()}});
    EXPECT_EQ(read(one).models.at(0).name, "wafer-ai.x/y.1");
    EXPECT_EQ(read(one, "all").models.at(0).name, "all.Wafer.AI/x/y.1");
}

TEST(RegistryDocument, SkipsSingleModelsThatMakeNoSense) {
    const RegistryDocument out = read({{"p",
                                        {{"models",
                                          {{"good", model()},
                                           {"text", "not an object"},
                                           {"limits", model({{"limit", {{"context", -1}}}})},
                                           {"price", model({{"cost", {{"input", "free"}}}})},
                                           {"flag", model({{"tool_call", "yes"}})},
                                           {"spaced ", model()}}}}},
                                       {"p p", {{"models", {{"bad-namespace", model()}}}}},
                                       {"P", {{"models", {{"good", model()}}}}}});
    ASSERT_EQ(out.models.size(), 1U);
    EXPECT_EQ(out.models[0].name, "p.good");
    EXPECT_EQ(out.skipped, 7U);
    EXPECT_NE(out.first_skipped, "");
}

TEST(RegistryDocument, SortsByNameInByteOrder) {
    const RegistryDocument out = read({{"b", {{"models", {{"Z", model()}, {"a", model()}}}}},
                                       {"a-1", {{"models", {{"m", model()}}}}},
                                       {"a", {{"models", {{"m", model()}}}}}});
    EXPECT_TRUE(std::is_sorted(out.models.begin(),
                               out.models.end(),
                               [](const auto& a, const auto& b) { return a.name < b.name; }));
    EXPECT_EQ(out.models.size(), 4U);
}

TEST(RegistryDocument, RefusesBrokenDocumentsAsAWhole) {
    const std::string good = document("p", {{"m", model()}}).dump();
    for (size_t length = 0; length < good.size(); ++length)
        EXPECT_NE(fault_of(std::string_view(good).substr(0, length)), "") << "cut at " << length;
    EXPECT_THAT(fault_of("[]"), HasSubstr("object of providers"));
    EXPECT_THAT(fault_of(R"({"p": 1})"), HasSubstr("'p'"));
    EXPECT_THAT(fault_of(R"({"p": {}})"), HasSubstr("models"));
    EXPECT_THAT(fault_of(R"({"p": {"models": []}})"), HasSubstr("models"));
    EXPECT_THAT(fault_of(R"({"p": {"models": {}}})"), HasSubstr("no usable model"));
    EXPECT_THAT(fault_of("{}"), HasSubstr("no usable model"));
    EXPECT_THAT(fault_of("<html>"), HasSubstr("broken"));
    EXPECT_THAT(fault_of(good + good), HasSubstr("broken"));
    EXPECT_THAT(fault_of(R"({"p": {"models": {}}, "p": {"models": {}}})"), HasSubstr("twice"));
    EXPECT_THAT(fault_of(std::string(100, '[')), HasSubstr("deeper"));
}

TEST(RegistryDocument, ReadsTheRealCatalogue) {
    const char* shared = std::getenv("EZ_SHARED_DIR");
    const std::filesystem::path file =
        std::filesystem::path(shared != nullptr ? shared : EZAPI_SOURCE_DIR "/../shared") /
        "data/models.dev/api.json";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "there is no " << file;
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    const RegistryDocument out = read_registry_document(text.str(), {});
    const Json source = Json::parse(text.str());
    size_t count = 0;
    for (const Json& provider : source) count += provider.at("models").size();
    EXPECT_EQ(out.models.size() + out.skipped, count);
    EXPECT_LT(out.skipped, count / 100) << out.first_skipped;
    std::set<std::string> kinds;
    for (const RegistryModel& each : out.models) {
        EXPECT_EQ(name_fault(each.name), "") << each.name;
        kinds.insert(each.kind);
    }
    EXPECT_EQ(kinds, (std::set<std::string>{"chat", "embedding", "other", "rerank"}));
}

}  // namespace
}  // namespace ezapi::models
