#include "ezapi/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ezapi {
namespace {

using ::testing::HasSubstr;

std::string nested(size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

/// What is said about a document that is refused.
std::string refusal(std::string_view text) {
    try {
        (void)parse_json(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.http_status(), 400);
        EXPECT_EQ(error.code(), "malformed_json");
        return error.what();
    }
    return "accepted";
}

TEST(Json, ReadsEveryKindOfValue) {
    const Json value =
        parse_json(R"({"a":null,"b":true,"c":-3,"d":1.5,"e":"\u00e9","f":[1,{"g":[]}],"h":{}})");

    EXPECT_EQ(value.dump(),
              R"({"a":null,"b":true,"c":-3,"d":1.5,"e":"é","f":[1,{"g":[]}],"h":{}})");
}

TEST(Json, ReadsAScalarAsADocument) {
    EXPECT_EQ(parse_json(" 7 "), 7);
    EXPECT_EQ(parse_json("\"x\""), "x");
}

TEST(Json, RefusesAnEmptyBody) {
    EXPECT_THAT(refusal(""), HasSubstr("empty"));
}

TEST(Json, NamesThePlaceOfASyntaxError) {
    EXPECT_THAT(refusal(R"({"a":1,})"), HasSubstr("at byte 8"));
    EXPECT_THAT(refusal("[1 2]"), HasSubstr("at byte"));
    EXPECT_NE(refusal("{} x"), "accepted");
    EXPECT_NE(refusal("[1,2"), "accepted");
    EXPECT_NE(refusal("nul"), "accepted");
    EXPECT_NE(refusal("01"), "accepted");
    EXPECT_NE(refusal("NaN"), "accepted");
    EXPECT_NE(refusal("// c\n1"), "accepted");
}

TEST(Json, RepeatsNothingOfWhatItCouldNotRead) {
    for (const char* text : {R"({"token":"sk-secret")",
                             R"({"token" "sk-secret"})",
                             R"({"token":"sk-secret)",
                             "sk-secret"})
        EXPECT_THAT(refusal(text), ::testing::Not(HasSubstr("secret"))) << text;
    EXPECT_THAT(refusal(R"({"a" "b"})"), HasSubstr("expected ':'"));
}

TEST(Json, AcceptsSixtyFourLevelsAndNotOneMore) {
    EXPECT_NO_THROW((void)parse_json(nested(64)));
    EXPECT_THAT(refusal(nested(65)), HasSubstr("deeper than 64"));
}

TEST(Json, SurvivesANestingThatWouldExhaustTheStack) {
    EXPECT_THAT(refusal(std::string(1'000'000, '[')), HasSubstr("deeper than 64"));
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    EXPECT_THAT(refusal(objects), HasSubstr("deeper than 64"));
}

TEST(Json, CountsDepthAndNotTheNumberOfContainers) {
    std::string many = "[";
    for (int i = 0; i < 1000; ++i) many += "[],";
    EXPECT_NO_THROW((void)parse_json(many + "[]]"));
}

TEST(Json, RefusesANameThatStandsTwiceInOneObject) {
    EXPECT_THAT(refusal(R"({"status":"a","status":"b"})"), HasSubstr("'status' stands twice"));
    EXPECT_THAT(refusal(R"({"x":{"a":1,"\u0061":2}})"), HasSubstr("'a' stands twice"));
    EXPECT_NO_THROW((void)parse_json(R"([{"a":1},{"a":2}])"));
}

TEST(Json, RefusesTheCharacterNulInTextAndNames) {
    EXPECT_THAT(refusal(R"(["a\u0000b"])"), HasSubstr("NUL"));
    EXPECT_THAT(refusal(R"({"a\u0000b":1})"), HasSubstr("NUL"));
    EXPECT_NE(refusal(std::string_view("[\"a\0b\"]", 7)), "accepted");
}

TEST(Json, RefusesTextThatIsNotUtf8) {
    for (const char* bad : {"\"\xff\"",
                            "\"\xc0\xaf\"",          // overlong
                            "\"\xed\xa0\x80\"",      // a surrogate as UTF-8
                            "\"\xf4\x90\x80\x80\"",  // beyond U+10FFFF
                            "\"\xe2\x82\"",          // cut
                            "\"\\ud800\""}) {        // a lone surrogate as an escape
        EXPECT_NE(refusal(bad), "accepted") << bad;
    }
    EXPECT_EQ(parse_json("\"\\ud83d\\ude00\""), "😀");
}

TEST(Json, KeepsSixtyFourBitIntegersExactly) {
    EXPECT_EQ(parse_json("9223372036854775807").get<std::int64_t>(), INT64_MAX);
    EXPECT_EQ(parse_json("-9223372036854775808").get<std::int64_t>(), INT64_MIN);
    EXPECT_EQ(parse_json("18446744073709551615").get<std::uint64_t>(), UINT64_MAX);
}

TEST(Json, RefusesIntegersThatDoNotFitSixtyFourBits) {
    EXPECT_THAT(refusal("18446744073709551616"), HasSubstr("does not fit"));
    EXPECT_THAT(refusal("[-9223372036854775809]"), HasSubstr("does not fit"));
    EXPECT_EQ(refusal("[1e400]"),
              "malformed JSON: at byte 6: the number 1e400 does not fit a double");
    EXPECT_EQ(parse_json("1e3"), 1000.0);
}

TEST(Json, TellsNothingOfTheParserBehindIt) {
    for (const char* text : {"1e400", "{", "[1 2]", "\"\xff\"", "nul", "[1,]"})
        EXPECT_THAT(refusal(text), ::testing::Not(HasSubstr("exception"))) << text;
}

TEST(Json, HoldsAsManyValuesAsAreAllowed) {
    const JsonLimits limits{.values = 4};
    EXPECT_NO_THROW((void)parse_json(R"({"a":[1,2]})", limits));
    try {
        (void)parse_json(R"({"a":[1,2],"b":{}})", limits);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.http_status(), 400);
        EXPECT_THAT(error.what(), HasSubstr("more than 4 values"));
    }
}

TEST(Json, RefusesDecimalsThatLoseDigitsWhereNumbersAreExact) {
    const JsonLimits exact{.exact_numbers = true};
    for (const char* good : {"0.0000025",
                             "1.50",
                             "-0.0",
                             "0.1",
                             "1e-7",
                             "2.5E+3",
                             "123456.1234567891",
                             "0.30000000000000004",
                             "1.7976931348623157e308"})
        EXPECT_NO_THROW((void)parse_json(good, exact)) << good;
    for (const char* bad : {"123456.123456789012345678", "0.10000000000000001", "1e-400"}) {
        EXPECT_THROW((void)parse_json(bad, exact), Error) << bad;
        EXPECT_NO_THROW((void)parse_json(bad)) << bad;
    }
}

TEST(AsInteger, TakesOnlyIntegersOfSixtyFourBitsWithSign) {
    EXPECT_EQ(as_integer(parse_json("-5")), -5);
    EXPECT_EQ(as_integer(parse_json("9223372036854775807")), INT64_MAX);
    EXPECT_EQ(as_integer(parse_json("9223372036854775808")), std::nullopt);
    EXPECT_EQ(as_integer(parse_json("1.0")), std::nullopt);
    EXPECT_EQ(as_integer(parse_json("true")), std::nullopt);
    EXPECT_EQ(as_integer(parse_json("\"1\"")), std::nullopt);
}

TEST(DumpJson, ReplacesBytesThatAreNotUtf8InsteadOfFailing) {
    EXPECT_EQ(dump_json(Json("a\xff")), "\"a\xEF\xBF\xBD\"");
}

TEST(AppendJsonString, EscapesWhatJsonDemandsAndNothingElse) {
    std::string out;
    append_json_string(out, "a\"b\\c\n\r\t\x01\x1f/é😀");

    EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f/é😀\"");
    EXPECT_EQ(parse_json(out), "a\"b\\c\n\r\t\x01\x1f/é😀");
}

TEST(AppendJsonString, WritesEmptyText) {
    std::string out = "[";
    append_json_string(out, "");
    EXPECT_EQ(out, "[\"\"");
}

}  // namespace
}  // namespace ezapi
