#include "sealing/key_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <thread>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"
#include "sealing/keyring.hpp"

namespace ezapi::sealing {
namespace {

class KeyFileTest : public ::testing::Test {
protected:
    KeyFileTest()
        : folder_(std::filesystem::temp_directory_path() / ("ezapi-key-file-" + random_hex(8))) {}

    ~KeyFileTest() override { std::filesystem::remove_all(folder_); }

    const std::filesystem::path folder_;
};

TEST_F(KeyFileTest, IsMadeOnceAndReadAfterwards) {
    const KeyFile made = load_key_file(folder_ / "state", /*may_make=*/true);
    EXPECT_TRUE(made.made);
    const KeyFile read = load_key_file(folder_ / "state", /*may_make=*/false);
    EXPECT_FALSE(read.made);
    EXPECT_EQ(read.keys, made.keys);
    EXPECT_EQ(Keyring::parse(read.keys).ids().size(), 1U);
}

TEST_F(KeyFileTest, IsForItsOwnerOnly) {
    const KeyFile made = load_key_file(folder_, /*may_make=*/true);

    struct stat status {};

    ASSERT_EQ(::stat(made.path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(::chmod(made.path.c_str(), 0644), 0);
    EXPECT_THROW((void)load_key_file(folder_, /*may_make=*/true), Error);
}

TEST_F(KeyFileTest, IsNotMadeAnewWhileRowsNeedTheOldOne) {
    EXPECT_THROW((void)load_key_file(folder_, /*may_make=*/false), Error);
    EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(KeyFileTest, RefusesAnEmptyFile) {
    const KeyFile made = load_key_file(folder_, /*may_make=*/true);
    std::ofstream(made.path, std::ios::trunc).flush();
    EXPECT_THROW((void)load_key_file(folder_, /*may_make=*/true), Error);
}

TEST_F(KeyFileTest, IsOneForProcessesThatStartAtOnce) {
    std::vector<std::string> keys(8);
    std::vector<std::thread> threads;
    for (std::string& key : keys)
        threads.emplace_back([&] { key = load_key_file(folder_, /*may_make=*/true).keys; });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(std::set(keys.begin(), keys.end()).size(), 1U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

}  // namespace
}  // namespace ezapi::sealing
