#include "ezapi/base/crypto.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ezapi {
namespace {

TEST(Hex, WritesBytesInLowerCaseAndReadsThemInEither) {
    const std::string all("\x00\x01\x9f\xa0\xff", 5);
    EXPECT_EQ(to_hex(all), "00019fa0ff");
    EXPECT_EQ(to_hex(""), "");
    EXPECT_EQ(from_hex("00019fa0ff"), all);
    EXPECT_EQ(from_hex("00019FA0FF"), all);
    EXPECT_EQ(from_hex(""), "");
    for (const char* text : {"0", "0g", "g0", "012", " 1", "0x"})
        EXPECT_EQ(from_hex(text), std::nullopt);
}

TEST(Hex, WritesNumbersWithAllTheirDigits) {
    EXPECT_EQ(to_hex(std::uint64_t{0}), "0000000000000000");
    EXPECT_EQ(to_hex(std::uint64_t{0xFEDCBA9876543210}), "fedcba9876543210");
}

TEST(Hex, RoundTripsEveryByte) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text(1, static_cast<char>(byte));
        EXPECT_EQ(from_hex(to_hex(text)), text) << byte;
        EXPECT_EQ(hex_digit(static_cast<char>(byte)) >= 0, std::isxdigit(byte) != 0) << byte;
    }
}

// The expected values are those of FIPS 180-2, RFC 4231 and RFC 5869.
TEST(Crypto, DigestsAreTheStandards) {
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    Sha256 digest;
    digest.add("a");
    digest.add("");
    digest.add("bc");
    EXPECT_EQ(digest.finish(), sha256("abc"));
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hkdf_sha256(std::string(22, '\x0b'),
                                 from_hex("000102030405060708090a0b0c").value(),
                                 from_hex("f0f1f2f3f4f5f6f7f8f9").value())),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST(Crypto, OpensOnlyWhatWasSealedWithTheSameKeyAndContext) {
    const std::string key(kSha256Size, 'k');
    for (const std::string& plain :
         {std::string(), std::string("text"), std::string(100'000, 'x')}) {
        std::string sealed = aes_gcm_seal(key, plain, "here");
        EXPECT_EQ(sealed.size(), plain.size() + kGcmNonceSize + kGcmTagSize);
        EXPECT_EQ(aes_gcm_open(key, sealed, "here"), plain);
        EXPECT_EQ(aes_gcm_open(key, sealed, "there"), std::nullopt);
        EXPECT_EQ(aes_gcm_open(std::string(kSha256Size, 'l'), sealed, "here"), std::nullopt);
        EXPECT_EQ(aes_gcm_open(key, sealed.substr(1), "here"), std::nullopt);
        // Every byte of the short ones.
        const size_t step = sealed.size() > 100 ? sealed.size() / 7 : 1;
        for (size_t at = 0; at < sealed.size(); at += step) {
            std::string altered = sealed;
            altered[at] = static_cast<char>(altered[at] ^ 1);
            EXPECT_EQ(aes_gcm_open(key, altered, "here"), std::nullopt) << at;
        }
    }
    EXPECT_EQ(aes_gcm_open(key, "short", "here"), std::nullopt);
    EXPECT_NE(aes_gcm_seal(key, "text", "here"), aes_gcm_seal(key, "text", "here"));
    EXPECT_THROW((void)aes_gcm_seal("short", "text", "here"), Error);
}

TEST(Crypto, RandomBytesDiffer) {
    std::set<std::string> all;
    for (int i = 0; i < 100; ++i) all.insert(random_hex(16));
    EXPECT_EQ(all.size(), 100U);
    EXPECT_EQ(all.begin()->size(), 32U);
}

TEST(Crypto, ComparesWholeTexts) {
    EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
    for (const char* other : {"", "secre", "secrets", "Secret"})
        EXPECT_FALSE(equal_in_constant_time(other, "secret")) << other;
}

}  // namespace
}  // namespace ezapi
