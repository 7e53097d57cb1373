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

TEST(RegistryDocument, SkipsEntriesThatCannotBeReadAndReportsThem) {
    const RegistryDocument out = read({{"p",
                                        {{"models",
                                          {{"good", model()},
                                           {"text", "not an object"},
                                           {"gone", nullptr},
                                           {"spaced ", model()}}}}},
                                       {"p p", {{"models", {{"bad-namespace", model()}}}}},
                                       {"P", {{"models", {{"good", model()}}}}},
                                       {"$schema", "https://models.dev/schema.json"},
                                       {"list", {{"models", Json::array()}}},
                                       {"empty", Json::object()},
                                       {"null", nullptr}});
    ASSERT_EQ(out.models.size(), 1U);
    EXPECT_EQ(out.models[0].name, "p.good");
    EXPECT_EQ(out.skipped, 9U);
    EXPECT_EQ(out.problems.size(), 9U);
    EXPECT_TRUE(out.may_have("p.gone"));
    EXPECT_TRUE(out.may_have("p.text"));
    EXPECT_TRUE(out.may_have("list.any.model"));
    EXPECT_TRUE(out.may_have("null.any"));
    EXPECT_FALSE(out.may_have("p.other"));
    EXPECT_FALSE(out.may_have("lists.other"));
    EXPECT_TRUE(read({{"a.b", 1}, {"p", {{"models", {{"m", model()}}}}}}).may_have("a-b.m"));
    EXPECT_TRUE(
        read({{"a.b", 1}, {"p", {{"models", {{"m", model()}}}}}}, "all").may_have("all.a.b/m"));
}

TEST(RegistryDocument, ReadsWhatItCanOfAModel) {
    const auto one = [](Json more) {
        RegistryDocument out = read(document("p", {{"m", model(std::move(more))}}));
        EXPECT_EQ(out.skipped, 0U);
        EXPECT_EQ(out.partial, 1U);
        EXPECT_EQ(out.problems.size(), 1U);
        return out.models.at(0);
    };
    const RegistryModel stored{.name = "p.m",
                               .kind = "rerank",
                               .context_window = 1,
                               .max_output_tokens = 2,
                               .cost_per_token = "0.5",
                               .supports_vision = true,
                               .supports_functions = true,
                               .supports_tool_choice = true,
                               .supports_fim = false,
                               .supports_stream = true};
    const auto kept = [&](Json more) {
        RegistryModel out = one(std::move(more));
        EXPECT_NE(out.unread, 0U);
        out.keep_unread(stored);
        EXPECT_EQ(out.unread, 0U);
        return out;
    };
    EXPECT_EQ(kept({{"limit", {{"context", -1}}}}).context_window, 1);
    EXPECT_EQ(kept({{"limit", {{"context", -1}}}}).max_output_tokens, 8192);
    EXPECT_EQ(kept({{"limit", "none"}}).max_output_tokens, 2);
    EXPECT_EQ(kept({{"cost", {{"input", "free"}}}}).cost_per_token, "0.5");
    EXPECT_EQ(kept({{"cost", {{"input", -1}}}}).cost_per_token, "0.5");
    EXPECT_EQ(kept({{"cost", "free"}}).cost_per_token, "0.5");
    EXPECT_EQ(kept({{"cost", "free"}}).context_window, 128000);
    EXPECT_TRUE(kept({{"tool_call", "yes"}}).supports_tool_choice);
    EXPECT_EQ(kept({{"modalities", 1}}).kind, "rerank");
    EXPECT_TRUE(kept({{"modalities", {{"input", "text"}}}}).supports_vision);
    EXPECT_EQ(kept({{"family", 1}}).kind, "rerank");
    EXPECT_EQ(one({{"cost", "free"}}).cost_per_token, "") << "unknown where nothing is stored";
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
    EXPECT_THAT(fault_of(R"({"p": 1})"), HasSubstr("no usable model"));
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
    EXPECT_LT(out.skipped, count / 100) << out.problems.at(0);
    EXPECT_EQ(out.partial, 0U) << out.problems.at(0);
    std::set<std::string> kinds;
    for (const RegistryModel& each : out.models) {
        EXPECT_EQ(name_fault(each.name), "") << each.name;
        kinds.insert(each.kind);
    }
    EXPECT_EQ(kinds, (std::set<std::string>{"chat", "embedding", "other", "rerank"}));
}

}  // namespace
}  // namespace ezapi::models
