#include "ezapi/escape.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "ezapi/text.hpp"

namespace ezapi {
namespace {

/// Checked by another library, which throws for invalid UTF-8.
bool is_plain_text(const std::string& text) {
    try {
        (void)nlohmann::json(text).dump();
    } catch (const nlohmann::json::exception&) {
        return false;
    }
    return control_character(text) == 0;
}

TEST(EscapeControls, LeavesTextOfAnyLanguageAlone) {
    EXPECT_EQ(escape_controls("grüße 漢字 🙂"), "grüße 漢字 🙂");
}

TEST(EscapeControls, EscapesWhatCouldSteerATerminal) {
    EXPECT_EQ(escape_controls("\x1b[31m\r\n\t\x7f"), "\\x1b[31m\\r\\n\\t\\x7f");
    EXPECT_EQ(escape_controls("\xc2\x85"), "\\u0085");
}

TEST(EscapeControls, EscapesBytesThatAreNotUtf8) {
    EXPECT_EQ(escape_controls("a\xff\xc3"), "a\\xff\\xc3");
    EXPECT_EQ(escape_controls("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

TEST(EscapeControls, GivesPlainTextForEveryByteAndEveryPairOfBytes) {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string pair{static_cast<char>(first), static_cast<char>(second)};
            for (const std::string& bytes : {pair, "a" + pair + "z", "\xe4\xb8" + pair}) {
                const std::string shown = escape_controls(bytes);
                ASSERT_TRUE(is_plain_text(shown)) << first << " " << second;
                ASSERT_TRUE(is_storable(shown)) << first << " " << second;
                if (is_storable(bytes) && control_character(bytes) == 0) {
                    ASSERT_EQ(shown, bytes);
                }
            }
        }
    }
}

TEST(EscapeControls, CutsBetweenCharactersAndEscapes) {
    const std::string bytes = "ab\xff\xe6\xbc\xa2\n";
    const std::string whole = "ab\\xff\xe6\xbc\xa2\\n";
    EXPECT_EQ(escape_controls(bytes, whole.size()), whole);
    for (size_t most = 4; most < whole.size(); ++most) {
        const std::string shown = escape_controls(bytes, most);
        EXPECT_LE(shown.size(), most);
        EXPECT_TRUE(is_plain_text(shown));
        EXPECT_TRUE(shown.ends_with("..."));
        EXPECT_TRUE(whole.starts_with(shown.substr(0, shown.size() - 3))) << shown;
    }
    EXPECT_EQ(escape_controls(bytes, 8), "ab...");
    EXPECT_EQ(in_quotes(std::string(1000, '\xff'), 10), "'\\xff...'");
}

TEST(IsStorable, IsUtf8WithoutNul) {
    for (const char* text : {"", "a", "gr\xc3\xbc\xc3\x9f\x65", "\xf0\x9f\x99\x82", "\n\x7f"})
        EXPECT_TRUE(is_storable(text));
    for (const std::string& text : {std::string(1, '\0'),
                                    std::string("a\0b", 3),
                                    std::string("\x80"),
                                    std::string("\xc0\x80"),
                                    std::string("\xe4\xb8"),
                                    std::string("\xed\xa0\x80"),
                                    std::string("\xf4\x90\x80\x80"),
                                    std::string("\xff")})
        EXPECT_FALSE(is_storable(text));
}

}  // namespace
}  // namespace ezapi
