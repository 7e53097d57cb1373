#include "model_name.hpp"

#include <gtest/gtest.h>

#include "ezapi/base/crypto.hpp"

namespace ezapi::models {
namespace {

TEST(ModelName, IsSplitAtTheFirstDot) {
    EXPECT_EQ(namespace_of("ns.openai/gpt-4.1-mini"), "ns");
    EXPECT_EQ(namespace_of("ns."), "ns");
    EXPECT_EQ(namespace_of("ns"), "ns");
}

TEST(ModelName, TakesDotsAndSlashesBehindTheFirstDot) {
    EXPECT_EQ(name_fault("ns.gpt-4.1"), "");
    EXPECT_EQ(name_fault("ns.openai/gpt-4.1-mini"), "");
    EXPECT_EQ(name_fault("ns.@cf/meta/llama 3"), "");
    EXPECT_EQ(name_fault("a_-9.x"), "");
    EXPECT_EQ(name_fault("ns." + std::string(256, 'x')), "");
}

TEST(ModelName, RefusesWhatCannotBeSplitOrShown) {
    for (const std::string& name : {std::string("gpt-4"),
                                    std::string("ns."),
                                    std::string(".gpt"),
                                    std::string("NS.gpt"),
                                    std::string("-ns.gpt"),
                                    std::string("n s.gpt"),
                                    std::string("ns. gpt"),
                                    std::string("ns.gpt "),
                                    std::string("ns.g\npt"),
                                    std::string("ns.g\xC2\x85pt"),
                                    std::string("ns.g\xE2\x80\xAEpt"),
                                    std::string(64, 'n') + ".gpt",
                                    "ns." + std::string(257, 'x')})
        EXPECT_NE(name_fault(name), "") << name;
}

TEST(Sha256, IsTheStandardsDigest) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    Sha256 digest;
    digest.add("a");
    digest.add("bc");
    EXPECT_EQ(to_hex(digest.finish()),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace ezapi::models
