#include "host/config/kept_secret.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "ezapi/error.hpp"

namespace {

using namespace ezapi;
using host::config::kAdminTokenFile;
using host::config::kSessionSecretFile;
using host::config::load_or_create_secret;

class KeptSecretTest : public testing::Test {
protected:
    KeptSecretTest() {
        std::string name = testing::TempDir() + "ezapi-token-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }

    ~KeptSecretTest() override { std::filesystem::remove_all(folder_); }

    static unsigned mode_of(const std::filesystem::path& path) {
        struct stat info {};

        ::stat(path.c_str(), &info);
        return info.st_mode & 0777U;
    }

    std::string refusal() const {
        try {
            static_cast<void>(load_or_create_secret(folder_, kAdminTokenFile));
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    }

    std::filesystem::path folder_;
};

TEST_F(KeptSecretTest, IsMadeOnceAndKeptForTheOwnerAlone) {
    const auto made = load_or_create_secret(folder_ / "state", kAdminTokenFile);
    EXPECT_TRUE(made.created);
    EXPECT_EQ(made.token.size(), 64U);
    EXPECT_EQ(mode_of(made.file), 0600U);
    EXPECT_EQ(mode_of(folder_ / "state"), 0700U);
    const auto read = load_or_create_secret(folder_ / "state", kAdminTokenFile);
    EXPECT_FALSE(read.created);
    EXPECT_EQ(read.token, made.token);
}

TEST_F(KeptSecretTest, EachHasAFileOfItsOwn) {
    const auto token = load_or_create_secret(folder_, kAdminTokenFile);
    const auto secret = load_or_create_secret(folder_, kSessionSecretFile);
    EXPECT_NE(token.token, secret.token);
    EXPECT_NE(token.file, secret.file);
}

TEST_F(KeptSecretTest, LeavesNothingElseInTheDirectory) {
    static_cast<void>(load_or_create_secret(folder_, kAdminTokenFile));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(KeptSecretTest, IsRefusedWhenOthersCanReadIt) {
    std::ofstream(folder_ / "admin-token") << "0123456789abcdef0123\n";
    ::chmod((folder_ / "admin-token").c_str(), 0644);
    EXPECT_THAT(refusal(), testing::HasSubstr("is readable by others: expected mode 0600"));
}

TEST_F(KeptSecretTest, IsRefusedWhenItIsShort) {
    std::ofstream(folder_ / "admin-token") << "short\n";
    ::chmod((folder_ / "admin-token").c_str(), 0600);
    EXPECT_THAT(refusal(), testing::HasSubstr("holds no token of 16 to 4096 letters"));
}

TEST_F(KeptSecretTest, IsRefusedWhenNoClientCouldSendIt) {
    for (const char* text :
         {"has space in it 123456", "comma,0123456789abc", "=0123456789abcdef"}) {
        std::ofstream(folder_ / "admin-token") << text << '\n';
        ::chmod((folder_ / "admin-token").c_str(), 0600);
        EXPECT_THAT(refusal(), testing::HasSubstr("holds no token of")) << text;
    }
}

TEST_F(KeptSecretTest, SaysThatItsDirectoryCannotBeMade) {
    std::ofstream(folder_ / "file") << "";
    folder_ /= "file/state";
    EXPECT_THAT(refusal(), testing::HasSubstr("cannot be created"));
    folder_ = folder_.parent_path().parent_path();
}

}  // namespace
