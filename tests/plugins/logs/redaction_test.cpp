#include "audit/redaction.hpp"

#include <gtest/gtest.h>

namespace ezapi::logs {
namespace {

TEST(Redaction, KnowsCredentialsInAnySpelling) {
    for (const char* name : {"api_key",
                             "apiKey",
                             "API-Key",
                             "access_token",
                             "refreshToken",
                             "client_secret",
                             "password",
                             "token",
                             "token_hash",
                             "Authorization",
                             "master_key"})
        EXPECT_TRUE(names_credential(name)) << name;
}

TEST(Redaction, LeavesFiguresAboutTokensAlone) {
    for (const char* name : {"tokens_in",
                             "tokens_out",
                             "max_output_tokens",
                             "token_expires_at",
                             "api_key_id",
                             "max_child_keys",
                             "name"})
        EXPECT_FALSE(names_credential(name)) << name;
}

TEST(Redaction, DropsCredentialsAtAnyDepth) {
    EXPECT_EQ(without_credentials(
                  R"({"a":[{"password":"hunter2","x":1}],"meta":{"api_key":"sk-123456"},"n":2})"),
              R"({"a":[{"x":1}],"meta":{},"n":2})");
}

TEST(Redaction, KeepsMasksAndAbsence) {
    const std::string masked = R"({"api_key":"sk-…c0de","refresh_token":null})";
    EXPECT_EQ(without_credentials(masked), masked);
}

TEST(Redaction, DoesNotTakeALongTextForAMask) {
    EXPECT_EQ(without_credentials(R"({"secret":"abcdefghijklmnopqrstuvwxyz0123456789…"})"), "{}");
}

TEST(Redaction, ReplacesWhatIsNoJsonByNull) {
    EXPECT_EQ(without_credentials("{\"password\":"), "null");
}

}  // namespace
}  // namespace ezapi::logs
