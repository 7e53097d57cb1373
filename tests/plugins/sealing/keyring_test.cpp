#include "sealing/keyring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credentials.hpp"
#include "ezapi/error.hpp"

namespace ezapi::provider_groups {
namespace {

using sealing::Keyring;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kOld(64, 'a');
const std::string kNew(64, 'b');

std::string fault_of(const std::string& list) {
    try {
        (void)Keyring::parse(list);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(Keyring, TakesHexAndBothBase64Alphabets) {
    const std::string standard = std::string(42, '/') + "8=";
    EXPECT_EQ(Keyring::parse(std::string(64, 'f')).first_id(), Keyring::parse(standard).first_id());
    EXPECT_EQ(Keyring::parse(std::string(42, '_') + "8").first_id(),
              Keyring::parse(standard).first_id());
    EXPECT_EQ(Keyring::parse("main:" + kOld).first_id(), "main");
    EXPECT_THAT(Keyring::parse(" new : " + kNew + " , old:" + kOld).ids(),
                ::testing::ElementsAre("new", "old"));
}

TEST(Keyring, SaysWhichKeyIsWrongWithoutShowingIt) {
    EXPECT_THAT(fault_of(kOld + ",too-short"), HasSubstr("key 2 of the list"));
    EXPECT_THAT(fault_of("SECRETSECRET"), Not(HasSubstr("SECRET")));
    EXPECT_NE(fault_of(""), "");
    EXPECT_NE(fault_of(kOld + ","), "");
    EXPECT_NE(fault_of("a b:" + kOld), "");
    EXPECT_THAT(fault_of(kOld + "," + kOld), HasSubstr("the same key"));
    EXPECT_THAT(fault_of("x:" + kOld + ",x:" + kNew), HasSubstr("stands twice"));
    EXPECT_NE(fault_of(std::string(63, 'a')), "");
    EXPECT_NE(fault_of(std::string(64, 'g')), "");
}

TEST(Keyring, OpensWhatItHasSealed) {
    const Keyring ring = Keyring::parse(kOld);
    for (const std::string& text : {std::string(), std::string("sk-1"), std::string(20000, 'x')})
        EXPECT_EQ(ring.open(ring.seal(text, "here"), "here"), text);
    EXPECT_NE(ring.seal("sk-1", "here"), ring.seal("sk-1", "here")) << "the nonce is random";
    EXPECT_THAT(ring.seal("sk-1234567890", "here"), Not(HasSubstr("sk-1234567890")));
}

TEST(Keyring, FirstEncryptsAndAllDecrypt) {
    const Keyring old = Keyring::parse("old:" + kOld);
    const Keyring both = Keyring::parse("new:" + kNew + ",old:" + kOld);
    const std::string sealed = old.seal("text", "here");
    EXPECT_EQ(both.open(sealed, "here"), "text");
    EXPECT_THAT(both.seal("text", "here"), HasSubstr(":new:"));
    EXPECT_THROW((void)old.open(both.seal("text", "here"), "here"), Error);
}

TEST(Keyring, RefusesAKeyOfTheSameNameAndAnotherValue) {
    const std::string sealed = Keyring::parse("main:" + kOld).seal("text", "here");
    EXPECT_THROW((void)Keyring::parse("main:" + kNew).open(sealed, "here"), Error);
}

TEST(Keyring, RefusesWhatWasAltered) {
    const Keyring ring = Keyring::parse("main:" + kOld);
    const std::string sealed = ring.seal("text", "here");
    for (size_t at = 0; at < sealed.size(); ++at) {
        std::string altered = sealed;
        altered[at] = altered[at] == 'A' ? 'B' : 'A';
        EXPECT_THROW((void)ring.open(altered, "here"), Error) << "byte " << at;
    }
    for (size_t length = 0; length < sealed.size(); ++length)
        EXPECT_THROW((void)ring.open(sealed.substr(0, length), "here"), Error) << length;
}

TEST(Keyring, FingerprintsTellEqualTextsAndNothingElse) {
    const Keyring both = Keyring::parse("new:" + kNew + ",old:" + kOld);
    const Keyring old = Keyring::parse("old:" + kOld);
    ASSERT_EQ(both.fingerprints("sk-1").size(), 2U);
    EXPECT_EQ(both.fingerprints("sk-1")[1], old.fingerprints("sk-1")[0]);
    EXPECT_NE(both.fingerprints("sk-1")[0], both.fingerprints("sk-1")[1]);
    EXPECT_NE(old.fingerprints("sk-1")[0], old.fingerprints("sk-2")[0]);
}

TEST(Credentials, AreBoundToTheirRow) {
    const Keyring ring = Keyring::parse(kOld);
    const Credentials one{.api_key = "sk-one", .access_token = {}, .refresh_token = {}};
    const Credentials two{.api_key = {}, .access_token = "ya29", .refresh_token = "1//r"};
    const std::string sealed_one = seal(ring, one, "row-1");
    const std::string sealed_two = seal(ring, two, "row-2");
    EXPECT_EQ(open(ring, sealed_one, "row-1").api_key, "sk-one");
    EXPECT_EQ(open(ring, sealed_two, "row-2").refresh_token, "1//r");
    EXPECT_THROW((void)open(ring, sealed_one, "row-2"), Error);
    EXPECT_THROW((void)open(ring, sealed_two, "row-1"), Error);
}

TEST(Credentials, TakeWhatIsGivenAndKeepTheRest) {
    Credentials credentials{.api_key = "old", .access_token = "a", .refresh_token = "r"};
    credentials.take({{"api_key", " new\n"}, {"access_token", ""}});
    EXPECT_EQ(credentials.api_key, "new");
    EXPECT_EQ(credentials.access_token, "");
    EXPECT_EQ(credentials.refresh_token, "r");
}

TEST(Mask, ShowsTheEndsOfLongSecretsOnly) {
    EXPECT_EQ(mask("sk-1234567890c0de"), "sk-…c0de");
    EXPECT_EQ(mask("sk-123456789"), "sk-…6789");
    EXPECT_EQ(mask("sk-12345678"), "…");
    EXPECT_EQ(mask(R"({"type": "service_account", "private_key": "…"})"), "…");
    EXPECT_EQ(mask("\xC3\xA4\xC3\xA4 is not plain at all"), "…");
}

}  // namespace
}  // namespace ezapi::provider_groups
