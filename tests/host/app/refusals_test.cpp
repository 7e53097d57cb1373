// Starts that must fail: each prints why in one sentence and has its exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/child_process.hpp"
#include "tests/support/instance.hpp"

namespace {

using namespace ezapi::tests;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RefusalsTest : public testing::Test {
protected:
    RefusalsTest() : folder_(make_folder("ezapi-refusals")) {}

    ~RefusalsTest() override { std::filesystem::remove_all(folder_); }

    std::map<std::string, std::string> environment(const std::string& yaml) const {
        std::ofstream(folder_ + "/config.yaml") << yaml;
        return {{"EZ_CONFIG_FILE", folder_ + "/config.yaml"},
                {"EZ_STATE_DIR", folder_ + "/state"},
                {"EZ_MIGRATIONS_DIR", MIGRATIONS},
                {"EZ_API_ADDRESS", "127.0.0.1"},
                {"EZ_API_PORT", "0"},
                {"EZ_PG_DSN", "host=127.0.0.1 port=1 user=nobody dbname=nothing"},
                {"EZ_PG_START_WAIT_SECONDS", "0"}};
    }

    std::string folder_;
};

TEST_F(RefusalsTest, TellsAllThatIsWrongWithTheConfigurationAtOnce) {
    const RunResult run = run_ezapi({"serve"},
                                    environment("server:\n  prot: 1\nredis:\n  db: many\n"
                                                "plugins:\n  nobody: { enabled: true }\n"));
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(
        run.output,
        HasSubstr("config.yaml:2: server.prot: is not a setting; did you mean server.port?"));
    EXPECT_THAT(run.output,
                HasSubstr("config.yaml:4: redis.db: 'many' is not an integer from 0 to 16383"));
    EXPECT_THAT(run.output, HasSubstr("plugin nobody: there is no nobody.so in "));
    EXPECT_THAT(run.output, Not(HasSubstr("database")));
}

TEST_F(RefusalsTest, SaysInWhichLineTheFileIsNoYaml) {
    const RunResult run = run_ezapi({"serve"}, environment("server:\n  port: 1: 2\n"));
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.output, HasSubstr("config.yaml:2: is not valid YAML"));
}

TEST_F(RefusalsTest, RefusesADsnThatNobodyCouldUse) {
    auto variables = environment("");
    variables["EZ_PG_DSN"] = "postgres://ez:hunter2@localhost/ez";
    const RunResult run = run_ezapi({"serve"}, variables);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.output,
                AllOf(HasSubstr("postgres.dsn"),
                      Not(HasSubstr("postgres.dsn: postgres.dsn")),
                      Not(HasSubstr("hunter2"))));
}

TEST_F(RefusalsTest, NamesEveryOriginAndProxyThatIsNone) {
    auto variables = environment("");
    variables["EZ_CORS_ALLOW_ORIGINS"] = "foo,https://a.example/,https://b.example";
    variables["EZ_API_TRUSTED_PROXIES"] = "abc";
    const RunResult run = run_ezapi({"check-config"}, variables);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(
        run.output,
        AllOf(
            HasSubstr("EZ_CORS_ALLOW_ORIGINS: cors.allow_origins: CORS origin 'foo': expected"),
            HasSubstr("CORS origin 'https://a.example/': expected"),
            Not(HasSubstr("'https://b.example'")),
            HasSubstr("EZ_API_TRUSTED_PROXIES: server.trusted_proxies: trusted proxy: expected an "
                      "IPv4 or IPv6 address or network like 10.0.0.0/8, found 'abc'")));
}

TEST_F(RefusalsTest, RefusesTokensThatNobodyCanSendOrThatAreSoonGuessed) {
    auto variables = environment("");
    variables["EZ_ADMIN_TOKEN"] = "has space in it 123456";
    variables["EZ_INTERNAL_STATS_TOKEN"] = "a";
    const RunResult run = run_ezapi({"check-config"}, variables);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.output,
                AllOf(HasSubstr("EZ_ADMIN_TOKEN: auth.admin_token: the value (not shown) is not of "
                                "16 to 4096 letters"),
                      HasSubstr("EZ_INTERNAL_STATS_TOKEN: auth.internal_stats_token: the value "),
                      Not(HasSubstr("has space"))));
}

TEST_F(RefusalsTest, RefusesCredentialsThatAreSoonGuessedOrUsedTwice) {
    auto variables = environment("");
    variables["EZ_ADMIN_TOKEN"] = "changemechangeme";
    variables["EZ_INTERNAL_STATS_TOKEN"] = "1234567890123456";
    variables["EZ_JWT_SECRET"] = "super-secret-jwt-key-123";
    const RunResult weak = run_ezapi({"check-config"}, variables);
    EXPECT_EQ(weak.exit_code, 2);
    EXPECT_THAT(weak.output,
                AllOf(HasSubstr("EZ_ADMIN_TOKEN: auth.admin_token: the value (not shown) is soon "
                                "guessed: it repeats a shorter text; make one with 'openssl"),
                      HasSubstr("EZ_INTERNAL_STATS_TOKEN: auth.internal_stats_token: the value "
                                "(not shown) is soon guessed: it is a sequence of"),
                      HasSubstr("EZ_JWT_SECRET: auth.jwt_secret: the value (not shown) is soon "
                                "guessed: it consists of common words")));
    EXPECT_THAT(weak.output, Not(HasSubstr("changeme")));

    for (const char* name : {"EZ_ADMIN_TOKEN", "EZ_INTERNAL_STATS_TOKEN", "EZ_JWT_SECRET"})
        variables[name] = "9fK2mWx7pLq4vRt8";
    const RunResult same = run_ezapi({"check-config"}, variables);
    EXPECT_EQ(same.exit_code, 2);
    EXPECT_THAT(same.output,
                AllOf(HasSubstr("auth.internal_stats_token: the value (not shown) is that of "
                                "auth.admin_token; expected another for each"),
                      HasSubstr("auth.jwt_secret: the value (not shown) is that of")));
}

TEST_F(RefusalsTest, NamesFoldersThatAreNotThere) {
    auto variables = environment("");
    variables["EZ_MIGRATIONS_DIR"] = folder_ + "/no-migrations";
    variables["EZ_PLUGIN_DIRS"] = folder_ + "/no-plugins," + folder_ + "/config.yaml";
    const RunResult run = run_ezapi({"check-config"}, variables);
    EXPECT_EQ(run.exit_code, 2);
    const std::string folder = "'" + folder_;
    EXPECT_THAT(run.output,
                AllOf(HasSubstr("EZ_MIGRATIONS_DIR: migrations.directory: " + folder +
                                "/no-migrations' is not a directory"),
                      HasSubstr("EZ_PLUGIN_DIRS: plugins.directories: " + folder +
                                "/no-plugins' is not a directory"),
                      HasSubstr(folder + "/config.yaml' is not a directory")));

    variables = environment("");
    variables["EZ_PLUGIN_DIRS"] = folder_ + "/no-plugins," + folder_;
    const RunResult one = run_ezapi({"check-config"}, variables);
    EXPECT_EQ(one.exit_code, 0) << one.output;
    EXPECT_THAT(one.output,
                HasSubstr("warning: EZ_PLUGIN_DIRS: plugins.directories: " + folder +
                          "/no-plugins' is not a directory"));
}

TEST_F(RefusalsTest, NamesAddressesOfPluginsThatAreNone) {
    if (!std::filesystem::exists(PLUGINS "/models.so")) GTEST_SKIP() << "the plugins are not built";
    auto variables =
        environment("plugins:\n  models: { enabled: true }\n  logs: { enabled: true }\n");
    variables["EZ_PLUGIN_DIRS"] = PLUGINS;
    variables["EZ_MODEL_REGISTRY_URL"] = "models.dev/api.json";
    variables["EZ_WEBHOOK_ALLOWED_NETWORKS"] = "10.0.0.0/8,office";
    const RunResult run = run_ezapi({"check-config"}, variables);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.output,
                AllOf(HasSubstr("EZ_MODEL_REGISTRY_URL: plugins.models.registry_url: "
                                "'models.dev/api.json' is not an http:// or https:// address"),
                      HasSubstr("EZ_WEBHOOK_ALLOWED_NETWORKS: log.webhook_allowed_networks: "
                                "'office' is not an IPv4 or IPv6 address or network")));
}

TEST_F(RefusalsTest, SaysThatTheDatabaseDoesNotAnswer) {
    const RunResult run = run_ezapi({"serve"}, environment(""));
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_THAT(run.output, HasSubstr("postgres.dsn: the database did not answer within 0 s"));
}

TEST_F(RefusalsTest, SaysThatTheStateDirectoryCannotBeWritten) {
    std::ofstream(folder_ + "/file") << "";
    auto variables = environment("");
    variables["EZ_STATE_DIR"] = folder_ + "/file/state";
    const RunResult run = run_ezapi({"serve"}, variables);
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_THAT(run.output, HasSubstr("secret file '"));
}

TEST_F(RefusalsTest, RefusesASettingOfAPluginThatItsSchemaDoesNotAllow) {
    const RunResult run = run_ezapi(
        {"check-config"},
        environment("plugins:\n  directories: [" PROBE_FOLDER
                    "]\n  probe: { enabled: true, greeting: a-greeting-that-is-too-long }\n"));
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.output,
                HasSubstr("config.yaml:3: plugins.probe.greeting: 'a-greeting-that-is-too-long' is "
                          "not a string of at most 20 characters"));
}

TEST_F(RefusalsTest, ShowsTheConfigurationWithoutItsSecrets) {
    auto variables = environment("redis:\n  password: hunter2hunter2\n");
    variables["EZ_ADMIN_TOKEN"] = "a-secret-of-the-operator-9fK2mWx7";
    const RunResult run = run_ezapi({"check-config"}, variables);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_THAT(run.output, testing::ContainsRegex("redis.password +\\*\\*\\* +# .*config.yaml:2"));
    EXPECT_THAT(run.output, testing::ContainsRegex("server.port +0 +# EZ_API_PORT"));
    EXPECT_THAT(run.output, Not(AllOf(HasSubstr("hunter2"), HasSubstr("a-secret"))));
}

TEST_F(RefusalsTest, ListsPluginsWithWhyOneCannotRun) {
    const RunResult run =
        run_ezapi({"plugins"},
                  environment("plugins:\n  directories: [" PROBE_FOLDER
                              "]\n  probe: { enabled: true }\n  gone: { enabled: true }\n"));
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.output, testing::ContainsRegex("probe +1.0.0 +enabled"));
    EXPECT_THAT(run.output, testing::ContainsRegex("gone +- +refused +there is no gone.so"));
}

TEST_F(RefusalsTest, UnderstandsItsCommandLine) {
    EXPECT_EQ(run_ezapi({"--version"}, {}).exit_code, 0);
    EXPECT_THAT(run_ezapi({"--help"}, {}).output, HasSubstr("check-config"));
    EXPECT_EQ(run_ezapi({"--nonsense"}, {}).exit_code, 64);
    const RunResult run = run_ezapi({"dance"}, {});
    EXPECT_EQ(run.exit_code, 64);
    EXPECT_THAT(run.output,
                HasSubstr("'dance' is no command, of ezapi or of a plugin that runs; "
                          "see ezapi --help"));
}

}  // namespace
