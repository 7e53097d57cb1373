#include <gtest/gtest.h>

#include <set>
#include <string>

#include "ezapi/credential.hpp"

namespace ezapi {
namespace {

TEST(Credential, ChecksumIsTheCrc32OfZlib) {
    EXPECT_EQ(credential::crc32("123456789"), 0xCBF43926U);
    EXPECT_EQ(credential::crc32(""), 0U);
}

TEST(Credential, ChecksumHasSixDigitsTheMostSignificantFirst) {
    EXPECT_EQ(credential::checksum(""), "000000");
    // 0xCBF43926 = 3421780262 = 3*62^5 + 45*62^4 + 35*62^3 + 27*62^2 + 22*62 + 14
    EXPECT_EQ(credential::checksum("123456789"), "3jZRME");
}

TEST(Credential, IssuedOnesAreWellFormedAndDiffer) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string token = credential::issue("sk-");
        EXPECT_EQ(token.size(), 49U);
        EXPECT_TRUE(credential::well_formed("sk-", token));
        EXPECT_TRUE(seen.insert(token).second);
    }
}

TEST(Credential, EveryDigitOccurs) {
    std::set<char> seen;
    for (const char digit : credential::random_base62(20000)) seen.insert(digit);
    EXPECT_EQ(seen.size(), 62U);
}

TEST(Credential, OneWrongCharacterIsNoticed) {
    const std::string token = credential::issue("sk-");
    for (size_t i = 0; i < token.size(); ++i) {
        std::string wrong = token;
        wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
        EXPECT_FALSE(credential::well_formed("sk-", wrong)) << "character " << i;
    }
}

TEST(Credential, ForeignTextIsNotWellFormed) {
    const std::string token = credential::issue("sk-");
    EXPECT_FALSE(credential::well_formed("mk-", token));
    EXPECT_FALSE(credential::well_formed("sk-", ""));
    EXPECT_FALSE(credential::well_formed("sk-", "sk-"));
    EXPECT_FALSE(credential::well_formed("sk-", token + "0"));
    EXPECT_FALSE(credential::well_formed("sk-", token.substr(0, 48)));
    EXPECT_FALSE(credential::well_formed("sk-", "sk-" + std::string(46, '\0')));
}

TEST(Credential, HashIsSha256InLowerCaseHex) {
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace ezapi
