#include "host/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "host/config/host_settings.hpp"

namespace {

using namespace ezapi::host::config;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class ConfigTest : public testing::Test {
protected:
    ConfigTest() {
        std::string name = testing::TempDir() + "ezapi-config-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }

    ~ConfigTest() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& text) {
        const std::string file = folder_ / "config.yaml";
        std::ofstream(file) << text;
        return file;
    }

    Config load(const std::string& yaml, Environment environment = {}) {
        return Config::load({std::move(environment), {write(yaml)}});
    }

    static std::vector<std::string> texts(const Config& config) {
        std::vector<std::string> out;
        for (const Fault& fault : config.faults()) {
            const size_t name = fault.text().find("config.yaml");
            out.push_back(name == std::string::npos ? fault.text() : fault.text().substr(name));
        }
        return out;
    }

    std::filesystem::path folder_;
};

TEST_F(ConfigTest, PutsEnvironmentOverFileOverDefault) {
    const Config config =
        load("server:\n  port: 9000\nredis:\n  db: 3\n", {{"EZ_API_PORT", "9001"}});
    EXPECT_EQ(config.integer("server.port"), 9001);
    EXPECT_EQ(config.source("server.port"), "EZ_API_PORT");
    EXPECT_EQ(config.integer("redis.db"), 3);
    EXPECT_THAT(config.source("redis.db"), testing::EndsWith("config.yaml:4"));
    EXPECT_EQ(config.text("redis.addr"), "localhost:6379");
    EXPECT_EQ(config.source("redis.addr"), "default");
    EXPECT_TRUE(config.faults().empty());
}

TEST_F(ConfigTest, ReadsTheFileThatTheEnvironmentNames) {
    const std::string file = write("server: { port: 1234 }\n");
    const Config config = Config::load({{{"EZ_CONFIG_FILE", file}}, {}});
    EXPECT_EQ(config.integer("server.port"), 1234);
    EXPECT_EQ(config.file(), file);
    const Config missing = Config::load({{{"EZ_CONFIG_FILE", "/nowhere.yaml"}}, {file}});
    EXPECT_THAT(texts(missing), ElementsAre("/nowhere.yaml: cannot be read: no such file"));
}

TEST_F(ConfigTest, GoesOnWithoutAnyFile) {
    const Config config = Config::load({{}, {"/nowhere.yaml"}});
    EXPECT_TRUE(config.faults().empty());
    EXPECT_EQ(config.file(), "");
    EXPECT_EQ(config.integer("server.port"), 8080);
}

TEST_F(ConfigTest, TellsEveryFaultAtOnceWithKeyValueSourceAndWhatIsAllowed) {
    const Config config = load("server:\n  port: 70000\nlog:\n  level: loud\nredis:\n  db: {}\n",
                               {{"EZ_PG_POOL_SIZE", "many"}, {"EZ_ADMIN_TOKEN", "short"}});
    EXPECT_THAT(
        texts(config),
        testing::UnorderedElementsAre(
            "config.yaml:2: server.port: '70000' is not an integer from 0 to 65535",
            "config.yaml:4: log.level: 'loud' is not one of trace, debug, info, warn, error",
            "config.yaml:6: redis.db: a mapping is not an integer from 0 to 16383",
            "EZ_PG_POOL_SIZE: postgres.pool_size: 'many' is not an integer from 1 to 1000",
            "EZ_ADMIN_TOKEN: auth.admin_token: the value (not shown) is not a string of at least "
            "16 "
            "characters"));
}

TEST_F(ConfigTest, SuggestsTheNameThatWasMeant) {
    Config config = load("server:\n  prot: 1\nfrobnicate: 2\n");
    static_cast<void>(config.check_unknown_keys(/*complete=*/true));
    EXPECT_THAT(
        texts(config),
        ElementsAre("config.yaml:3: frobnicate: is not a setting",
                    "config.yaml:2: server.prot: is not a setting; did you mean server.port?"));
}

TEST_F(ConfigTest, OnlyWarnsOfAKeyThatAPluginNotOpenedMayKnow) {
    Config config =
        load("log:\n  queue_capacity: 5\nserver:\n  prot: 1\nplugins:\n  logs: { x: 1 }\n");
    const auto warnings = config.check_unknown_keys(/*complete=*/false);
    EXPECT_THAT(warnings,
                ElementsAre(HasSubstr("log.queue_capacity: belongs to no enabled plugin")));
    EXPECT_EQ(config.faults().size(), 1U);
}

TEST_F(ConfigTest, RefusesAnUnknownSettingOfAPluginThatWasOpened) {
    Config config = load("plugins:\n  logs: { enabled: true, qeue: 1 }\n");
    static_cast<void>(config.plugin_settings("logs", {}));
    static_cast<void>(config.check_unknown_keys(/*complete=*/false));
    EXPECT_THAT(texts(config), ElementsAre("config.yaml:2: plugins.logs.qeue: is not a setting"));
}

TEST_F(ConfigTest, WarnsOfAMisspeltVariable) {
    Config config = Config::load({{{"EZ_API_PROT", "1"}, {"EZ_OF_SOMEBODY_ELSE", "1"}}, {}});
    EXPECT_THAT(config.check_unknown_keys(true),
                ElementsAre("EZ_API_PROT: is not a setting; did you mean EZ_API_PORT?"));
}

TEST_F(ConfigTest, ResolvesAPluginsSettingsAsOneFlatObject) {
    Config config = load("log:\n  queue: 7\nplugins:\n  logs: { enabled: true, ack: queued }\n",
                         {{"EZ_LOG_BATCH", "3"}});
    const Schema schema = parse_schema("logs", R"({"properties":{
        "ack":{"type":"string","default":"committed"},
        "batch":{"type":"integer","default":10,"x-env":"EZ_LOG_BATCH","x-key":"log.batch"},
        "queue":{"type":"integer","x-key":"log.queue"},
        "verify":{"type":"boolean","default":true}}})");
    EXPECT_EQ(config.plugin_settings("logs", schema),
              R"({"ack":"queued","batch":3,"queue":7,"verify":true})");
    EXPECT_TRUE(config.check_unknown_keys(true).empty());
    EXPECT_TRUE(config.faults().empty());
}

TEST_F(ConfigTest, KnowsWhichPluginsAreEnabledAndRequired) {
    const Config config = load(
        "plugins:\n  directories: [/p]\n  a: { enabled: true }\n  b: { enabled: true, required: "
        "false }\n"
        "  c: {}\n  some-plugin: { enabled: true }\n",
        {{"EZ_PLUGINS_SOME_PLUGIN_ENABLED", "false"}, {"EZ_PLUGINS_D_ENABLED", "true"}});
    EXPECT_TRUE(config.faults().empty());
    EXPECT_TRUE(config.plugin("a")->enabled);
    EXPECT_TRUE(config.plugin("a")->required);
    EXPECT_FALSE(config.plugin("b")->required);
    EXPECT_FALSE(config.plugin("c")->enabled);
    EXPECT_TRUE(config.plugin("d")->enabled);
    EXPECT_FALSE(config.plugin("some-plugin")->enabled);
    EXPECT_EQ(config.plugin("e"), std::nullopt);
    EXPECT_THAT(config.list("plugins.directories"), ElementsAre("/p"));
}

TEST_F(ConfigTest, RefusesAPluginThatIsNoMapping) {
    EXPECT_THAT(
        texts(load("plugins:\n  masters: true\n")),
        Contains("config.yaml:2: plugins.masters: expected a mapping such as { enabled: true }"));
}

TEST_F(ConfigTest, TakesFaultsThatASchemaCannotExpress) {
    Config config = load("redis: { addr: nonsense }\n");
    config.refuse("redis.addr", "expected host:port");
    EXPECT_THAT(texts(config), ElementsAre("config.yaml:1: redis.addr: expected host:port"));
}

TEST_F(ConfigTest, NeverShowsASecret) {
    const Config config = load("redis: { password: hunter2hunter2 }\n",
                               {{"EZ_PG_DSN", "host=db password=hunter2hunter2"}});
    for (const Resolved& line : config.resolved()) {
        EXPECT_THAT(line.value, testing::Not(HasSubstr("hunter2"))) << line.key;
    }
}

TEST(HostSettings, HaveDefaultsThatTheyAllow) {
    for (const Setting& setting : host_settings()) {
        EXPECT_FALSE(setting.description.empty()) << setting.key;
        if (!setting.fallback.empty()) {
            EXPECT_NO_THROW(static_cast<void>(parse_value(setting, setting.fallback)))
                << setting.key;
        }
    }
}

/// The sample with each "#key: value" made a setting.
std::string sample(bool everything) {
    std::ifstream file(SAMPLE_CONFIG);
    std::string out;
    for (std::string line; std::getline(file, line); out += line + "\n") {
        const size_t hash = line.find_first_not_of(' ');
        const bool disabled = hash != std::string::npos && line[hash] == '#' &&
                              hash + 1 < line.size() && std::islower(line[hash + 1]) != 0;
        if (everything && disabled) line.erase(hash, 1);
    }
    return out;
}

TEST_F(ConfigTest, AcceptsTheSample) {
    Config config = load(sample(/*everything=*/false));
    EXPECT_TRUE(config.check_unknown_keys(/*complete=*/true).empty());
    EXPECT_THAT(texts(config), testing::IsEmpty());
    EXPECT_TRUE(config.plugin("masters")->enabled);
}

TEST_F(ConfigTest, FindsEverySettingOfTheHostInTheSampleAtItsDefault) {
    const Document document = parse_document(sample(/*everything=*/true), "ezapi.yaml");
    EXPECT_TRUE(document.faults.empty());
    const std::string text = sample(/*everything=*/false);
    const Config sampled = load(sample(/*everything=*/true));
    const Config defaults = Config::load({{}, {}});
    for (const Setting& setting : host_settings()) {
        EXPECT_TRUE(document.entries.contains(setting.key))
            << setting.key << " is missing in the sample";
        EXPECT_THAT(text, HasSubstr("[" + setting.env)) << "the variable is not named";
    }
    for (size_t i = 0; i < host_settings().size(); ++i) {
        EXPECT_EQ(sampled.resolved()[i].value, defaults.resolved()[i].value)
            << sampled.resolved()[i].key;
    }
}

TEST(EnvironmentOfProcess, TakesAnEmptyVariableAsUnset) {
    ::setenv("EZ_REDIS_DB", "", 1);
    ::setenv("EZ_REDIS_POOL_SIZE", "4", 1);
    const Environment environment = environment_of_process();
    EXPECT_FALSE(environment.contains("EZ_REDIS_DB"));
    EXPECT_EQ(environment.at("EZ_REDIS_POOL_SIZE"), "4");
}

}  // namespace
