#include "host/telemetry/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/telemetry/redact.hpp"

namespace {

using namespace ezapi::host;
using testing::HasSubstr;
using testing::Not;

class Log : public testing::Test {
protected:
    Log() {
        telemetry::set_sink([this](std::string_view line) { lines_.emplace_back(line); });
    }

    ~Log() override {
        telemetry::set_sink({});
        telemetry::set_level(EZ_LOG_INFO);
        telemetry::set_format(telemetry::LogFormat::kText);
    }

    std::vector<std::string> lines_;
};

TEST_F(Log, WritesTimeLevelComponentAndText) {
    telemetry::log(EZ_LOG_WARN, "db", "pool main: full");
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_THAT(
        lines_[0],
        testing::MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9][0-9][0-9]Z warn  db: pool main: full"));
}

TEST_F(Log, DropsLinesBelowTheLevel) {
    telemetry::set_level(EZ_LOG_ERROR);
    telemetry::log(EZ_LOG_WARN, "db", "dropped");
    telemetry::log(EZ_LOG_ERROR, "db", "kept");
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_THAT(lines_[0], HasSubstr("kept"));
}

TEST_F(Log, WritesOneJsonObjectALine) {
    telemetry::set_format(telemetry::LogFormat::kJson);
    telemetry::log(EZ_LOG_INFO, "http", "said \"hello\"\nand left");
    ASSERT_EQ(lines_.size(), 1U);
    const auto record = nlohmann::json::parse(lines_[0]);
    EXPECT_EQ(record.at("level"), "info");
    EXPECT_EQ(record.at("component"), "http");
    EXPECT_EQ(record.at("message"), "said \"hello\"\\nand left");
}

TEST_F(Log, MasksCredentialsInEveryLine) {
    telemetry::log(EZ_LOG_INFO, "db", "connecting to postgres://ez:hunter2@db/ez");
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_THAT(lines_[0], HasSubstr("postgres://ez:***@db/ez"));
    EXPECT_THAT(lines_[0], Not(HasSubstr("hunter2")));
}

TEST_F(Log, KeepsAForgedLineInsideItsOwnLine) {
    telemetry::log(EZ_LOG_INFO, "http", "path /a\n2026-01-01T00:00:00.000Z error host: forged");
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_THAT(lines_[0], HasSubstr("/a\\n2026"));
}

TEST(LogLevel, IsFoundByItsName) {
    EXPECT_EQ(telemetry::level_of("debug"), EZ_LOG_DEBUG);
    EXPECT_EQ(telemetry::level_of("verbose"), std::nullopt);
}

struct Masked {
    const char* text;
    const char* expected;
};

class Redact : public testing::TestWithParam<Masked> {};

TEST_P(Redact, MasksTheCredentialAndNothingElse) {
    EXPECT_EQ(telemetry::redact(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Texts,
    Redact,
    testing::Values(Masked{"token sk-abcdefghijklmnop0123 refused", "token sk-*** refused"},
                    Masked{"(sk-proj-AbC_dEf-12345678)", "(sk-***)"},
                    Masked{"Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"},
                    Masked{"host=db password=hunter2 user=ez", "host=db password=*** user=ez"},
                    Masked{"password='hunt er\\'2' user=ez", "password=*** user=ez"},
                    Masked{"{\"password\": \"a\\\"b\", \"n\": 1}", "{\"password\": ***, \"n\": 1}"},
                    Masked{"EZ_REDIS_PASSWORD=hunter2", "EZ_REDIS_PASSWORD=***"},
                    Masked{"?refresh_token=abc&x=1", "?refresh_token=***"},
                    Masked{"password=S3cr&etTail user=ez", "password=*** user=ez"},
                    Masked{"password=a;b,c)d]e}f\"g'h user=ez", "password=*** user=ez"},
                    Masked{"password=a\\ b user=ez", "password=*** user=ez"},
                    Masked{"password='a'b user=ez", "password=***"},
                    Masked{"redis://:pa/ss?wo#rd@host:6379", "redis://:***@host:6379"},
                    Masked{"sslpassword=hunter2", "sslpassword=***"},
                    Masked{"redis://:secretword@host:6379", "redis://:***@host:6379"},
                    Masked{"http://user:p@ss@host/path", "http://user:***@host/path"},
                    Masked{"http://host:80/a@b", "http://host:80/a@b"},
                    Masked{"tokens_in=12, 3 tokens", "tokens_in=12, 3 tokens"},
                    Masked{"sk-learn is a library", "sk-learn is a library"},
                    Masked{"task-abcdefghijklmnopq", "task-abcdefghijklmnopq"},
                    Masked{"password: null", "password: null"},
                    Masked{"password: hunter2", "password: ***"},
                    Masked{"password: correcthorse", "password: ***"},
                    Masked{"EZ_ADMIN_TOKEN: auth.admin_token: the value (not shown) is none",
                           "EZ_ADMIN_TOKEN: auth.admin_token: the value (not shown) is none"},
                    Masked{"push of auth:token: 3 failed", "push of auth:token: 3 failed"},
                    Masked{"key mk-abcdefghijklmnop0123 of 4", "key mk-*** of 4"},
                    Masked{"eyJhbGciOiJIUzI1NiJ9.e30.x-y_z is gone", "eyJ*** is gone"},
                    Masked{"", ""}));

}  // namespace
