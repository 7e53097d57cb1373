// Runs every target over its corpus and over deterministic mutations of it.
#include "tests/fuzz/fuzz.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

#include "ezapi/escape.hpp"

namespace ezapi::fuzz {
namespace {

constexpr int kChangesOfEach = 300;

std::vector<std::string> corpus_of(const std::string& name) {
    std::vector<std::string> out;
    for (const auto& file :
         std::filesystem::directory_iterator(std::filesystem::path(EZAPI_FUZZ_CORPUS) / name)) {
        std::ifstream stream(file.path(), std::ios::binary);
        std::ostringstream text;
        text << stream.rdbuf();
        out.push_back(text.str());
    }
    std::sort(out.begin(), out.end());
    return out;
}

/// Applies one to four mutations: bytes are deleted, inserted, replaced or repeated, or a part of
/// another input is inserted.
std::string changed(std::string text, const std::vector<std::string>& all, std::mt19937& random) {
    static constexpr std::string_view kBytes =
        "{}[]\",:\\/.-+eE0189 %\t\r\n\0\x7f\x80\xc3\xff#@?=&;'";
    for (size_t count = random() % 4 + 1; count > 0; --count) {
        const size_t at = text.empty() ? 0 : random() % text.size();
        switch (random() % 5) {
            case 0:
                text.erase(at, random() % 4 + 1);
                break;
            case 1:
                text.insert(at, 1, kBytes[random() % kBytes.size()]);
                break;
            case 2:
                if (!text.empty()) text[at] = static_cast<char>(random() % 256);
                break;
            case 3:
                text.insert(at, text.substr(at, random() % 16));
                break;
            default: {
                const std::string& other = all[random() % all.size()];
                text.replace(at,
                             random() % 8,
                             other.substr(other.empty() ? 0 : random() % other.size(), 24));
            }
        }
    }
    return text;
}

class Fuzz : public ::testing::TestWithParam<std::string> {};

TEST_P(Fuzz, HoldsItsPropertiesForTheCorpusAndChangesOfIt) {
    const Target target = targets().at(GetParam());
    const std::vector<std::string> corpus = corpus_of(GetParam());
    ASSERT_FALSE(corpus.empty());
    std::mt19937 random(20260101);
    for (const std::string& seed : corpus) {
        for (int i = 0; i <= kChangesOfEach; ++i) {
            const std::string input = i == 0 ? seed : changed(seed, corpus, random);
            try {
                run(target, input);
            } catch (const std::exception& error) {
                FAIL() << error.what() << ": " << in_quotes(input, 4096);
            }
        }
    }
}

std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& [name, target] : targets()) out.push_back(name);
    return out;
}

std::string name_of(const ::testing::TestParamInfo<std::string>& target) {
    return target.param;
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, ::testing::ValuesIn(names()), name_of);

}  // namespace
}  // namespace ezapi::fuzz
