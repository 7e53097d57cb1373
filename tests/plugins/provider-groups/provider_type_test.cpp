#include "provider_type.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "group.hpp"

namespace ezapi::provider_groups {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// The group as completed by the type, with the faults by field.
struct Judged {
    Json group;
    std::vector<std::string> faults;
};

Judged judge(const Json& body, const Json* before = nullptr) {
    static const Resource kGroups(group_spec());
    Draft draft;
    draft.before = before;
    kGroups.read(draft, body, before == nullptr ? BodyMode::create : BodyMode::merge);
    if (draft.faults.empty()) check_group(draft);
    Judged out{draft.after, {}};
    for (const FieldFault& fault : draft.faults.take())
        out.faults.push_back(fault.field + " " + fault.code);
    return out;
}

std::vector<std::string> faults_of(const char* type, const Held& held) {
    Faults faults;
    check_credentials(*find_provider_type(type), held, faults);
    std::vector<std::string> out;
    for (const FieldFault& fault : faults.take()) out.push_back(fault.field + " " + fault.code);
    return out;
}

TEST(ProviderType, KnowsEveryTypeOfTheContract) {
    std::vector<std::string_view> names;
    for (const ProviderType& type : provider_types()) names.push_back(type.name);
    EXPECT_THAT(names,
                UnorderedElementsAre("openai",
                                     "compatible",
                                     "anthropic",
                                     "claude",
                                     "claude-code",
                                     "codex",
                                     "gemini-cli",
                                     "antigravity",
                                     "gemini",
                                     "google",
                                     "aistudio",
                                     "vertex",
                                     "vertex-express"));
    for (const std::string_view name : names)
        EXPECT_NE(provider_types_text().find("`" + std::string(name) + "`"), std::string::npos);
}

TEST(ProviderType, IsTakenInAnyCaseAndTrimmed) {
    const Judged group = judge({{"name", "g"}, {"type", "  OpenAI "}});
    EXPECT_THAT(group.faults, IsEmpty());
    EXPECT_EQ(group.group["type"], "openai");
    EXPECT_THAT(judge({{"name", "g"}, {"type", "mistral"}}).faults,
                UnorderedElementsAre("type choice"));
}

TEST(ProviderType, RequiresWhatTheServiceNeeds) {
    EXPECT_THAT(judge({{"name", "g"}, {"type", "compatible"}}).faults,
                UnorderedElementsAre("base_url required"));
    EXPECT_THAT(judge({{"name", "g"}, {"type", "vertex"}}).faults,
                UnorderedElementsAre("google_project required"));
    EXPECT_THAT(judge({{"name", "g"}, {"type", "openai"}, {"google_project", "p"}}).faults,
                UnorderedElementsAre("google_project unused"));
    EXPECT_THAT(
        judge({{"name", "g"}, {"type", "vertex"}, {"base_url", "ftp://x"}, {"google_project", ""}})
            .faults,
        UnorderedElementsAre("base_url format", "google_project required"));
}

TEST(ProviderType, DefaultsTheLocationOfVertexToGlobal) {
    EXPECT_EQ(judge({{"name", "g"}, {"type", "vertex-express"}}).group["google_location"],
              "global");
    EXPECT_EQ(judge({{"name", "g"}, {"type", "vertex"}, {"google_project", "p"}})
                  .group["google_location"],
              "global");
    EXPECT_EQ(judge({{"name", "g"},
                     {"type", "vertex"},
                     {"google_project", "p"},
                     {"google_location", "europe-west4"}})
                  .group["google_location"],
              "europe-west4");
    EXPECT_EQ(judge({{"name", "g"}, {"type", "gemini"}}).group["google_location"], "");
}

TEST(ProviderType, ClearsWhatTheNewTypeDoesNotUse) {
    const Json before = judge({{"name", "g"}, {"type", "vertex"}, {"google_project", "p"}}).group;
    const Judged after = judge({{"type", "openai"}}, &before);
    EXPECT_THAT(after.faults, IsEmpty());
    EXPECT_EQ(after.group["google_project"], "");
    EXPECT_EQ(after.group["google_location"], "");
    EXPECT_THAT(judge({{"type", "openai"}, {"google_location", "us-east1"}}, &before).faults,
                UnorderedElementsAre("google_location unused"));
}

TEST(ProviderType, WantsTheCredentialsThatItsServiceTakes) {
    const Held none;
    const Held key{.api_key = true};
    const Held access{.access_token = true};
    const Held refresh{.refresh_token = true};
    for (const char* type : {"openai",
                             "compatible",
                             "anthropic",
                             "claude",
                             "gemini",
                             "google",
                             "aistudio",
                             "vertex-express"}) {
        EXPECT_THAT(faults_of(type, key), IsEmpty()) << type;
        EXPECT_THAT(faults_of(type, none), UnorderedElementsAre("api_key required")) << type;
        EXPECT_THAT(faults_of(type, access),
                    UnorderedElementsAre("access_token unused", "api_key required"))
            << type;
    }
    for (const char* type : {"claude-code", "codex", "gemini-cli", "antigravity"}) {
        EXPECT_THAT(faults_of(type, access), IsEmpty()) << type;
        EXPECT_THAT(faults_of(type, refresh), IsEmpty()) << type;
        EXPECT_THAT(faults_of(type, none), UnorderedElementsAre("access_token required")) << type;
        EXPECT_THAT(faults_of(type, key),
                    UnorderedElementsAre("api_key unused", "access_token required"))
            << type;
    }
    EXPECT_THAT(faults_of("vertex", key), IsEmpty());
    EXPECT_THAT(faults_of("vertex", access), IsEmpty());
    EXPECT_THAT(faults_of("vertex", refresh), IsEmpty());
    EXPECT_THAT(faults_of("vertex", none), UnorderedElementsAre("api_key required"));
}

TEST(ProviderType, RefusesTextThatCanBeNoCredential) {
    EXPECT_EQ(credential_fault("sk-123"), "");
    EXPECT_EQ(credential_fault("  sk-123\n"), "") << "pasted with a line break";
    EXPECT_EQ(credential_fault(""), "");
    EXPECT_EQ(credential_fault(R"({"type": "service_account"})"), "");
    EXPECT_NE(credential_fault("{not json"), "");
    EXPECT_NE(credential_fault("sk 123"), "");
    EXPECT_NE(credential_fault("sk-1\r\nHost: evil"), "");
    EXPECT_NE(credential_fault("sk-\xC3\xA4"), "");
}

}  // namespace
}  // namespace ezapi::provider_groups
