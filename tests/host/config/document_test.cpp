#include "host/config/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using namespace ezapi::host::config;
using testing::HasSubstr;

Document parse(const std::string& text) {
    return parse_document(text, "c.yaml");
}

TEST(Document, FlattensMappingsAndKeepsLines) {
    const Document document = parse("server:\n  port: 8081\nplugins:\n  directories: [a, b]\n");
    ASSERT_TRUE(document.faults.empty());
    EXPECT_EQ(document.entries.at("server.port").text, "8081");
    EXPECT_EQ(document.source(document.entries.at("server.port")), "c.yaml:2");
    EXPECT_THAT(document.entries.at("plugins.directories").items, testing::ElementsAre("a", "b"));
}

TEST(Document, AcceptsAnEmptyFile) {
    EXPECT_TRUE(parse("").faults.empty());
    EXPECT_TRUE(parse("# only a comment\n").faults.empty());
}

TEST(Document, TellsAnEmptyValueFromAnEmptyText) {
    const Document document = parse("a:\nb: \"\"\nc: ~\nd: 'null'\n");
    EXPECT_TRUE(document.entries.at("a").null);
    EXPECT_FALSE(document.entries.at("b").null);
    EXPECT_TRUE(document.entries.at("c").null);
    EXPECT_EQ(document.entries.at("d").text, "null");
}

struct Faulty {
    const char* text;
    const char* expected;
};

class FaultyDocument : public testing::TestWithParam<Faulty> {};

TEST_P(FaultyDocument, IsToldWithItsLine) {
    const Document document = parse(GetParam().text);
    ASSERT_FALSE(document.faults.empty());
    EXPECT_THAT(document.faults[0].text(), HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Texts,
    FaultyDocument,
    testing::Values(Faulty{"a: 1\nb: 2\na: 3\n", "c.yaml:3: a: stands twice, first in line 1"},
                    Faulty{"s:\n  p: 1\ns:\n  q: 2\n", "s: stands twice"},
                    Faulty{"s:\n  p: 1\ns.p: 2\n", "s.p: stands twice"},
                    Faulty{"a: [1\nb: 2\n", "is not valid YAML"},
                    Faulty{"a: b: c\n", "c.yaml:1: is not valid YAML"},
                    Faulty{"a: &x 1\nb: *x\n", "anchors and aliases"},
                    Faulty{"- a\n- b\n", "expected a mapping of settings, found a list"},
                    Faulty{"hello\n", "found plain text"},
                    Faulty{"a: [{b: 1}]\n", "a: a list holds plain values"},
                    Faulty{"a: 1\n---\nb: 2\n", "more than one YAML document"},
                    Faulty{"a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}\n",
                           "nested deeper than 8"},
                    Faulty{"? [a, b]\n: 1\n", "a key is a plain name"},
                    Faulty{"a:\n  b: 1\n: 2\n", "c.yaml:3: a key is a plain name, found none"},
                    Faulty{"a:\n  \"\": 1\n", "a key is a plain name, found none"},
                    Faulty{"a:\n  b: 1\n\tc: 2\n", "indented with a tab"},
                    Faulty{"a:\n\tb: 1\n", "indented with a tab"}));

TEST(Document, RefusesAFileWithNulBytes) {
    const Document document = parse(std::string("a: 1\0", 5));
    ASSERT_EQ(document.faults.size(), 1U);
    EXPECT_EQ(document.faults[0].text(), "c.yaml: is not a text file");
}

TEST(Document, SaysWhyAFileCannotBeRead) {
    EXPECT_EQ(read_document("/nowhere/c.yaml").faults.at(0).text(),
              "/nowhere/c.yaml: cannot be read: no such file");
    EXPECT_EQ(read_document("/").faults.at(0).text(), "/: cannot be read: not a regular file");
}

}  // namespace
