#include "ezapi/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace ezapi {
namespace {

using ::testing::HasSubstr;

std::string nested(size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

/// The message with which a document is refused; "accepted" when it is not.
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
                            "\"\xc0\xaf\"",          // an overlong form
                            "\"\xed\xa0\x80\"",      // a surrogate as UTF-8
                            "\"\xf4\x90\x80\x80\"",  // beyond U+10FFFF
                            "\"\xe2\x82\"",          // a truncated sequence
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

TEST(Json, ReadsEveryNumberThatJsonAllows) {
    EXPECT_EQ(parse_json("1e3"), 1000.0);
    EXPECT_EQ(parse_json("18446744073709551616"), 18446744073709551616.0);
    EXPECT_EQ(parse_json("[-9223372036854775809]")[0], -9223372036854775809.0);
    EXPECT_EQ(parse_json("1.23456789012345678e-7"), 1.23456789012345678e-7);
    EXPECT_EQ(parse_json("1e-400"), 0.0);
}

TEST(Json, SaysThatANumberIsTooLargeAndNotThatItIsMalformed) {
    for (const bool exact : {false, true}) {
        try {
            (void)parse_json("[1e400]", {.exact_numbers = exact});
            FAIL() << "nothing was thrown";
        } catch (const Error& error) {
            EXPECT_EQ(error.http_status(), 400);
            EXPECT_EQ(error.code(), "number_out_of_range");
            EXPECT_STREQ(error.what(), "at byte 6: the number 1e400 is larger than 1.8e308");
        }
    }
}

TEST(Json, TellsNothingOfTheParserBehindIt) {
    for (const char* text : {"{", "[1 2]", "\"\xff\"", "nul", "[1,]"})
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

TEST(Json, KeepsEveryDigitWhereNumbersAreExact) {
    const JsonLimits exact{.exact_numbers = true};
    for (const char* kept : {"0.0000025",
                             "1.50",
                             "-0.0",
                             "0.1",
                             "1e-7",
                             "2.5E+3",
                             "123456.1234567891",
                             "0.30000000000000004",
                             "1.7976931348623157e308"}) {
        const Json value = parse_json(kept, exact);
        EXPECT_TRUE(value.is_number()) << kept;
        EXPECT_EQ(Decimal(dump_json(value)), Decimal(kept));
    }
    const std::pair<const char*, std::string> longer[] = {
        {"123456.123456789012345678", "123456.123456789012345678"},
        {"-123456.1234567890123456780", "-123456.123456789012345678"},
        {"0.10000000000000001", "0.10000000000000001"},
        {"1.23456789012345678e-7", "0.000000123456789012345678"},
        {"1234567890123456789012345E-3", "1234567890123456789012.345"},
        {"18446744073709551617", "18446744073709551617"},
        {"1e-400", "0." + std::string(399, '0') + "1"},
    };
    for (const auto& [text, plain] : longer) {
        const Json value = parse_json(text, exact);
        EXPECT_TRUE(is_exact_number(value)) << text;
        EXPECT_TRUE(is_json_number(value)) << text;
        EXPECT_STREQ(json_type(value), "number");
        EXPECT_EQ(dump_json(value), plain);
        EXPECT_EQ(parse_json(plain, exact), value) << "one form of one number";
        EXPECT_EQ(as_integer(value), std::nullopt);
        EXPECT_TRUE(parse_json(text).is_number_float()) << "the nearest double otherwise";
    }
    EXPECT_EQ(
        dump_json(parse_json(R"({"a":[1,0.10000000000000001,{"b":"\u00e9\n"}],"c":null})", exact)),
        R"({"a":[1,0.10000000000000001,{"b":"é\n"}],"c":null})");
    try {
        (void)parse_json("1e-99999", exact);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "number_out_of_range");
        EXPECT_THAT(error.what(), HasSubstr("more than 1000 digits"));
    }
    EXPECT_THROW((void)parse_json("1e-99999999999999999999999", exact), Error);
}

/// Reading and writing any number gives the same number.
TEST(Json, NumbersSurviveTheWayInAndOut) {
    std::mt19937 random(7);
    const auto digits = [&](size_t most) {
        std::string out(1 + random() % most, '0');
        for (char& c : out) c = static_cast<char>('0' + random() % 10);
        return out;
    };
    for (int i = 0; i < 5'000; ++i) {
        std::string text = random() % 2 == 0 ? "-" : "";
        std::string whole = digits(25);
        whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
        text += whole;
        if (random() % 2 == 0) text += "." + digits(25);
        if (random() % 2 == 0) text += (random() % 2 == 0 ? "e" : "E-") + digits(2);
        const std::string written = dump_json(parse_json(text, {.exact_numbers = true}));
        EXPECT_EQ(Decimal(written), Decimal(text)) << text << " became " << written;
        EXPECT_EQ(dump_json(parse_stored(written)), written);
    }
}

TEST(Json, KnowsItsSizeInTheDatabase) {
    const auto size = [](std::string_view text) {
        return stored_size(parse_json(text, {.exact_numbers = true}));
    };
    EXPECT_EQ(size(R"({"a":[1,2.5,"1e308"]})"), 21U);
    EXPECT_GE(size("1e308"), 309U);
    EXPECT_GE(size("[1e308,{\"a\":1e-300}]"), 609U);
    EXPECT_LE(size("[1e308,{\"a\":1e-300}]"), 630U);
    EXPECT_GE(size("1e-400"), 401U);
}

TEST(Decimal, ComparesAndShifts) {
    EXPECT_EQ(Decimal("0").compare(0), 0);
    EXPECT_EQ(Decimal("-0.0").compare(0), 0);
    EXPECT_LT(Decimal("-1e-400").compare(0), 0);
    EXPECT_GT(Decimal("1e-400").compare(0), 0);
    EXPECT_GT(Decimal("1000000.00000000000000000001").compare(1000000), 0);
    EXPECT_LT(Decimal("999999.99999999999999999999").compare(1000000), 0);
    EXPECT_EQ(Decimal("1e6").compare(1000000), 0);
    EXPECT_LT(Decimal("-2").compare(-1), 0);
    EXPECT_GT(Decimal("1e300").compare(INT64_MAX), 0);
    EXPECT_LT(Decimal("-1e300").compare(INT64_MIN), 0);
    EXPECT_EQ(Decimal("2.5").shifted(-6).plain(), "0.0000025");
    EXPECT_EQ(Decimal("1e6").shifted(-6).plain(), "1");
    EXPECT_EQ(Decimal("0.00").shifted(-6).plain(), "0");
}

TEST(AsInteger, TakesIntegersHoweverTheyAreWritten) {
    EXPECT_EQ(as_integer(parse_json("-5")), -5);
    EXPECT_EQ(as_integer(parse_json("9223372036854775807")), INT64_MAX);
    EXPECT_EQ(as_integer(parse_json("9223372036854775808")), std::nullopt);
    EXPECT_EQ(as_integer(parse_json("1.0")), 1);
    EXPECT_EQ(as_integer(parse_json("12e2")), 1200);
    EXPECT_EQ(as_integer(parse_json("-0.0")), 0);
    EXPECT_EQ(as_integer(parse_json("1.5")), std::nullopt);
    EXPECT_EQ(as_integer(parse_json("9007199254740991.0")), 9007199254740991);
    EXPECT_EQ(as_integer(parse_json("9007199254740993.0")), std::nullopt);
    EXPECT_EQ(as_integer(parse_json("1e300")), std::nullopt);
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
