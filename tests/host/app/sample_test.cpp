// Compares the sample configuration with the settings of the host and all plugins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "host/config/document.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/instance.hpp"

namespace {

using namespace ezapi::tests;
using ezapi::host::config::Document;

/// The sample with each "#key: value" made a setting.
std::string whole_sample() {
    std::ifstream file(SAMPLE_CONFIG);
    std::string out;
    for (std::string line; std::getline(file, line); out += line + "\n") {
        const size_t hash = line.find_first_not_of(' ');
        const bool setting = hash != std::string::npos && line[hash] == '#' &&
                             hash + 1 < line.size() &&
                             std::islower(static_cast<unsigned char>(line[hash + 1])) != 0;
        if (setting) line.erase(hash, 1);
    }
    return out;
}

class SampleTest : public testing::Test {
protected:
    SampleTest() : folder_(make_folder("ezapi-sample")) {}

    ~SampleTest() override { std::filesystem::remove_all(folder_); }

    void SetUp() override {
        if (!std::filesystem::exists(PLUGINS "/masters.so"))
            GTEST_SKIP() << "the plugins are not built";
    }

    RunResult check(const std::string& yaml) const {
        std::ofstream(folder_ + "/config.yaml") << yaml;
        return run_ezapi(
            {"check-config"},
            {{"EZ_CONFIG_FILE", folder_ + "/config.yaml"}, {"EZ_PLUGIN_DIRS", PLUGINS}});
    }

    std::string folder_;
};

TEST_F(SampleTest, IsUnderstoodToTheLastSetting) {
    const RunResult run = check(whole_sample());
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_EQ(run.output.find("warning:"), std::string::npos) << run.output;
}

TEST_F(SampleTest, NamesEverySettingAtItsDefault) {
    const Document sample = ezapi::host::config::parse_document(whole_sample(), "ezapi.yaml");
    const auto values_of = [](const std::string& output) {
        std::map<std::string, std::string> values;
        std::istringstream lines(output.substr(output.find('\n') + 1));
        for (std::string line; std::getline(lines, line);) {
            const std::string value = line.substr(0, line.find("  # "));
            values[line.substr(0, line.find(' '))] = value;
        }
        return values;
    };
    std::string enabled = "plugins:\n";
    for (const auto& [key, entry] : sample.entries) {
        if (key.ends_with(".enabled") && key.starts_with("plugins.")) {
            enabled += "  " + key.substr(8, key.size() - 16) + ": { enabled: true }\n";
        }
    }
    const auto defaults = values_of(check(enabled).output);
    const auto sampled = values_of(check(whole_sample()).output);
    for (const auto& [key, value] : defaults) {
        if (key.ends_with(".required")) continue;
        EXPECT_TRUE(sample.entries.contains(key)) << key << " is missing in the sample";
        EXPECT_EQ(sampled.count(key) == 0 ? "" : sampled.at(key), value);
    }
}

}  // namespace
