#include "ezapi/masked.hpp"

#include <gtest/gtest.h>

#include "ezapi/credential.hpp"

namespace ezapi {
namespace {

TEST(Masked, KnowsTheUsualForms) {
    for (const char* mask :
         {"*",        "****",      "sk-****",    "sk-***cdef",       "sk-...cdef",      "sk-…cdef",
          "…",        "sk-⋯cdef",  "•••",        "sk-●●●●1234",      "········",        "██████",
          "xxxx",     "XXXX-XXXX", "sk-xxxx",    "sk-proj-XXXXXXXX", "sk-xxxxxxxxcdef", "########",
          "--------", "0000",      "<redacted>", "<your-api-key>",   "[REDACTED]",      " **** "})
        EXPECT_TRUE(looks_masked(mask)) << mask;
}

TEST(Masked, CredentialsAreNone) {
    for (const char* secret : {"",
                               "sk-1",
                               "sk-put-yours-here",
                               "sk-proj-AbC_dEf-123",
                               "AIzaSyD-xX_xxABC",
                               "eyJhbGciOiJkaXIifQ..iv.text.tag",
                               "1//0gAbCdEf",
                               "a*b",
                               "key#1",
                               R"({"type": "service_account", "private_key": "-----BEGIN"})"})
        EXPECT_FALSE(looks_masked(secret)) << secret;
}

TEST(Masked, RandomCredentialsAreNone) {
    for (int i = 0; i < 10'000; ++i) {
        const std::string secret = credential::issue("sk-");
        EXPECT_FALSE(looks_masked(secret)) << secret;
    }
}

}  // namespace
}  // namespace ezapi
