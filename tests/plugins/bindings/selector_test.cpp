#include "selector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace ezapi::bindings {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kModels{"openai/gpt-4.1",
                                       "openai/gpt-4.1-mini",
                                       "gemini-3-pro-preview",
                                       "gemini-3-flash",
                                       "Anthropic/Claude-Sonnet",
                                       "bedrock/anthropic/claude-sonnet"};

/// The model that was found, or "none" or "several".
std::string resolve(Selection selection,
                    std::string_view value,
                    std::string_view public_model = "public",
                    const std::vector<std::string>& models = kModels) {
    ModelIndex index(models);
    Patterns patterns;
    const Resolution found = index.resolve(Selector(selection, value, public_model), patterns);
    if (found.resolved()) return std::string(found.model);
    return found.hits == 0 ? "none" : "several";
}

TEST(Selector, ExactTakesTheModelOfThatNameAfterTrimming) {
    EXPECT_EQ(resolve(Selection::exact, "openai/gpt-4.1"), "openai/gpt-4.1");
    EXPECT_EQ(resolve(Selection::exact, "  gemini-3-flash\t"), "gemini-3-flash");
    EXPECT_EQ(resolve(Selection::exact, "m", "public", {" m "}), " m ");
    EXPECT_EQ(resolve(Selection::exact, "gpt-4.1"), "none");
    EXPECT_EQ(resolve(Selection::exact, "GEMINI-3-FLASH"), "none");
}

TEST(Selector, RegexIsFoundAnywhereInExactlyOneModel) {
    EXPECT_EQ(resolve(Selection::regex, "flash"), "gemini-3-flash");
    EXPECT_EQ(resolve(Selection::regex, "^gemini-.*preview$"), "gemini-3-pro-preview");
    EXPECT_EQ(resolve(Selection::regex, "(?i)^anthropic/"), "Anthropic/Claude-Sonnet");
    EXPECT_EQ(resolve(Selection::regex, "^gemini-.*"), "several");
    EXPECT_EQ(resolve(Selection::regex, "llama"), "none");
}

TEST(Selector, RegexThatDoesNotCompileFindsNothing) {
    EXPECT_EQ(resolve(Selection::regex, "(gemini"), "none");
}

TEST(Selector, NormalizeExactComparesTheLastPartInLowerCase) {
    EXPECT_EQ(resolve(Selection::normalize_exact, "GPT-4.1"), "openai/gpt-4.1");
    EXPECT_EQ(resolve(Selection::normalize_exact, " azure/Gpt-4.1-Mini "), "openai/gpt-4.1-mini");
    EXPECT_EQ(resolve(Selection::normalize_exact, "claude-sonnet"), "several");
    EXPECT_EQ(resolve(Selection::normalize_exact, "gpt-4"), "none");
}

TEST(Selector, AnEmptyValueStandsForThePublicModel) {
    for (const char* blank : {"", " "}) {
        EXPECT_EQ(resolve(Selection::exact, blank, "openai/gpt-4.1"), "openai/gpt-4.1");
        EXPECT_EQ(resolve(Selection::normalize_exact, blank, "GPT-4.1"), "openai/gpt-4.1");
        EXPECT_EQ(resolve(Selection::regex, blank, "gemini-3-flash"), "gemini-3-flash");
    }
}

TEST(Selector, ThePublicModelIsNoPattern) {
    EXPECT_EQ(resolve(Selection::regex, "", "gpt-4.1", {"gpt-4o1", "x/gpt-4.1"}), "x/gpt-4.1");
    EXPECT_EQ(resolve(Selection::regex, "", "a(b", {"a(b", "ab"}), "a(b");
}

TEST(Selector, AGroupWithoutModelsResolvesNothing) {
    for (const auto selection : {Selection::exact, Selection::regex, Selection::normalize_exact})
        EXPECT_EQ(resolve(selection, "m", "public", {}), "none");
}

TEST(Selector, TwoModelsOfOneNameAreSeveral) {
    EXPECT_EQ(resolve(Selection::exact, "m", "public", {"m", "m "}), "several");
}

TEST(Selector, HasThreeNames) {
    EXPECT_EQ(selection_of("exact"), Selection::exact);
    EXPECT_EQ(selection_of("regex"), Selection::regex);
    EXPECT_EQ(selection_of("normalize_exact"), Selection::normalize_exact);
    EXPECT_EQ(selection_of("glob"), std::nullopt);
}

TEST(Normalized, CutsTrimsAndLowers) {
    EXPECT_EQ(normalized(" A/B/ C-1 "), "c-1");
    EXPECT_EQ(normalized("plain"), "plain");
    EXPECT_EQ(normalized("a/"), "");
    EXPECT_EQ(normalized("É"), "É");  // ASCII letters only
}

TEST(Pattern, FaultsSayWhatIsWrong) {
    EXPECT_EQ(pattern_fault("^gemini-.*"), "");
    EXPECT_THAT(pattern_fault("(a"), HasSubstr("missing )"));
    EXPECT_THAT(pattern_fault("a(?=b)"), HasSubstr("invalid perl operator"));
    EXPECT_THAT(pattern_fault("(a)\\1"), HasSubstr("invalid escape sequence"));
    EXPECT_THAT(pattern_fault(std::string(513, 'a')), HasSubstr("at most 512"));
}

TEST(Pattern, RefusesWhatWouldTakeTooMuchMemory) {
    EXPECT_NE(pattern_fault("((a{100}){100}){100}"), "");
    EXPECT_NE(pattern_fault("(\\pL{500}){500}"), "");
}

TEST(Pattern, RunsInLinearTime) {
    const std::vector<std::string> models{std::string(20000, 'a') + "!"};
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(resolve(Selection::regex, "(a*)*b", "public", models), "none");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(Patterns, CompileEachOnce) {
    Patterns patterns;
    const auto* first = patterns.compiled("a+");
    EXPECT_NE(first, nullptr);
    EXPECT_EQ(patterns.compiled("a+"), first);
    EXPECT_EQ(patterns.compiled("(a"), nullptr);
}

TEST(ModelIndex, SurvivesAMove) {
    ModelIndex first(kModels);
    ModelIndex second(std::move(first));
    Patterns patterns;
    EXPECT_EQ(second.resolve(Selector(Selection::exact, "gemini-3-flash", ""), patterns).model,
              "gemini-3-flash");
}

}  // namespace
}  // namespace ezapi::bindings
