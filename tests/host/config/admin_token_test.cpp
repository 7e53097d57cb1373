#include "host/config/admin_token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "ezapi/error.hpp"

namespace {

using namespace ezapi;
using host::config::load_or_create_admin_token;

class AdminTokenTest : public testing::Test {
protected:
    AdminTokenTest() {
        std::string name = testing::TempDir() + "ezapi-token-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }

    ~AdminTokenTest() override { std::filesystem::remove_all(folder_); }

    static unsigned mode_of(const std::filesystem::path& path) {
        struct stat info {};

        ::stat(path.c_str(), &info);
        return info.st_mode & 0777U;
    }

    std::string refusal() const {
        try {
            static_cast<void>(load_or_create_admin_token(folder_));
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    }

    std::filesystem::path folder_;
};

TEST_F(AdminTokenTest, IsMadeOnceAndKeptForTheOwnerAlone) {
    const auto made = load_or_create_admin_token(folder_ / "state");
    EXPECT_TRUE(made.created);
    EXPECT_EQ(made.token.size(), 64U);
    EXPECT_EQ(mode_of(made.file), 0600U);
    EXPECT_EQ(mode_of(folder_ / "state"), 0700U);
    const auto read = load_or_create_admin_token(folder_ / "state");
    EXPECT_FALSE(read.created);
    EXPECT_EQ(read.token, made.token);
}

TEST_F(AdminTokenTest, LeavesNothingElseInTheDirectory) {
    static_cast<void>(load_or_create_admin_token(folder_));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(AdminTokenTest, IsRefusedWhenOthersCanReadIt) {
    std::ofstream(folder_ / "admin-token") << "0123456789abcdef0123\n";
    ::chmod((folder_ / "admin-token").c_str(), 0644);
    EXPECT_THAT(refusal(), testing::HasSubstr("is readable by others: expected mode 0600"));
}

TEST_F(AdminTokenTest, IsRefusedWhenItIsShort) {
    std::ofstream(folder_ / "admin-token") << "short\n";
    ::chmod((folder_ / "admin-token").c_str(), 0600);
    EXPECT_THAT(refusal(), testing::HasSubstr("holds no token of 16 to 4096 letters"));
}

TEST_F(AdminTokenTest, IsRefusedWhenNoClientCouldSendIt) {
    for (const char* text :
         {"has space in it 123456", "comma,0123456789abc", "=0123456789abcdef"}) {
        std::ofstream(folder_ / "admin-token") << text << '\n';
        ::chmod((folder_ / "admin-token").c_str(), 0600);
        EXPECT_THAT(refusal(), testing::HasSubstr("holds no token of")) << text;
    }
}

TEST_F(AdminTokenTest, SaysThatItsDirectoryCannotBeMade) {
    std::ofstream(folder_ / "file") << "";
    folder_ /= "file/state";
    EXPECT_THAT(refusal(), testing::HasSubstr("cannot be created"));
    folder_ = folder_.parent_path().parent_path();
}

}  // namespace
