#include <gmock/gmock.h>

#include <random>

#include "counters/plain_report.hpp"
#include "counters/report.hpp"
#include "ezapi/error.hpp"

namespace ezapi::logs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Json report(Json items) {
    return {{"node", "n1"}, {"epoch", "boot-1"}, {"sequence", 7}, {"items", std::move(items)}};
}

std::vector<std::string> faults(const Json& body) {
    try {
        (void)read_report(body);
    } catch (const Error& error) {
        EXPECT_EQ(error.http_status(), 422);
        std::vector<std::string> out;
        for (const FieldFault& fault : error.faults())
            out.push_back(fault.field + " " + fault.code);
        return out;
    }
    return {};
}

TEST(CounterReport, IsReadWithItsItems) {
    const CounterReport read = read_report(report({{{"key_id", 5},
                                                    {"requests", 2},
                                                    {"tokens_in", 10},
                                                    {"tokens_out", 3},
                                                    {"last_used_at", "2026-01-02T03:04:05.678Z"}},
                                                   {{"token_hash", "abc"}}}));
    EXPECT_EQ(read.node, "n1");
    EXPECT_EQ(read.epoch, "boot-1");
    EXPECT_EQ(read.sequence, 7);
    ASSERT_THAT(read.items, SizeIs(2));
    EXPECT_EQ(read.items[0].key_id, 5);
    EXPECT_EQ(read.items[0].requests, 2);
    EXPECT_EQ(read.items[0].tokens_in, 10);
    EXPECT_EQ(read.items[0].tokens_out, 3);
    EXPECT_EQ(read.items[0].last_used_at, 1767323045678000);
    EXPECT_EQ(read.items[0].name(), "5");
    EXPECT_EQ(read.items[1].name(), "abc");
    EXPECT_EQ(read.items[1].requests, 0);
    EXPECT_EQ(read.items[1].last_used_at, 0);
}

TEST(CounterReport, TakesNumbersForNamesAndUnixTimes) {
    Json body = report({{{"key_id", 1}, {"last_used_at", 1767323045}},
                        {{"key_id", 1}, {"last_used_at", 1767323045678}}});
    body["epoch"] = 3;
    const CounterReport read = read_report(body);
    EXPECT_EQ(read.epoch, "3");
    EXPECT_EQ(read.items[0].last_used_at, 1767323045000000);
    EXPECT_EQ(read.items[1].last_used_at, 1767323045678000);
}

std::string all_of(const CounterReport& read) {
    return read.node + "|" + read.epoch + "|" + std::to_string(read.sequence) + "|" + read.digest();
}

constexpr std::string_view kPlain = R"({"node":"n\u00e91","epoch":3,"sequence":7,"items":[
    {"key_id":5,"requests":2,"tokens_in":10,"tokens_out":3,"last_used_at":"2026-01-02T03:04:05.678Z"},
    {"token_hash":"abc","last_used_at":1767323045},{"token_hash":"d","last_used_at":1767323045678},
    {"requests":1000000000000,"token_hash":"e"}]})";

TEST(PlainCounterReport, IsReadAsTheTreeIs) {
    const auto plain = read_plain_report(kPlain);
    ASSERT_TRUE(plain);
    EXPECT_THAT(plain->items, SizeIs(4));
    EXPECT_EQ(plain->node, "n\u00e91");
    EXPECT_EQ(all_of(*plain), all_of(read_report(parse_json(kPlain))));
}

TEST(PlainCounterReport, LeavesTheRestToTheTree) {
    const std::string begin = R"({"node":"n","epoch":"e","sequence":1,"items":)";
    EXPECT_TRUE(read_plain_report(begin + "[]}"));
    for (const char* items : {"[{}]",
                              "[1]",
                              R"([{"key_id":1,"token_hash":"a"}])",
                              R"([{"key_id":1,"key_id":1}])",
                              R"([{"key_id":1,"more":1}])",
                              R"([{"key_id":0}])",
                              R"([{"key_id":1.0}])",
                              R"([{"token_hash":""}])",
                              R"([{"token_hash":"\u0000"}])",
                              R"([{"key_id":1,"requests":-1}])",
                              R"([{"key_id":1,"requests":1000000000001}])",
                              R"([{"key_id":1,"requests":null}])",
                              R"([{"key_id":1,"last_used_at":"yesterday"}])",
                              R"([{"key_id":1},])",
                              R"({})"})
        EXPECT_FALSE(read_plain_report(begin + items + "}")) << items;
    EXPECT_FALSE(read_plain_report(begin + "[]} x"));
    EXPECT_FALSE(read_plain_report(begin + "[]"));
    EXPECT_FALSE(read_plain_report(begin + R"([],"items":[]})"));
    EXPECT_FALSE(read_plain_report(R"({"epoch":"e","sequence":1,"items":[]})"));
    EXPECT_FALSE(read_plain_report(R"({"node":"","epoch":"e","sequence":1,"items":[]})"));
    EXPECT_FALSE(read_plain_report(""));
}

/// Whatever a byte too many, too few or another makes of a report: what is read without a tree is
/// what the tree says.
TEST(PlainCounterReport, NeverDiffersFromTheTree) {
    std::mt19937 random(7);
    size_t taken = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string body(kPlain);
        for (size_t change = random() % 3 + 1; change > 0; --change) {
            const size_t at = random() % body.size();
            constexpr std::string_view kBytes = "{}[]\",:0123456789.eE-\\nu \x01\xc3";
            const char byte = kBytes[random() % kBytes.size()];
            if (random() % 3 == 0)
                body.erase(at, 1);
            else if (random() % 2 == 0)
                body.insert(at, 1, byte);
            else
                body[at] = byte;
        }
        const auto plain = read_plain_report(body);
        if (!plain) continue;
        ++taken;
        ASSERT_NO_THROW(ASSERT_EQ(all_of(*plain), all_of(read_report(parse_json(body)))) << body)
            << body;
    }
    EXPECT_GT(taken, 100U);
}

TEST(CounterReport, TellsAllFaultsAtOnce) {
    EXPECT_THAT(
        faults({{"node", ""}, {"sequence", -1}, {"items", 5}, {"extra", 1}}),
        ElementsAre(
            "extra unknown", "node length", "epoch required", "sequence range", "items type"));
    EXPECT_THAT(
        faults(report({1,
                       Json::object(),
                       {{"key_id", 1}, {"token_hash", "a"}},
                       {{"key_id", 0}},
                       {{"token_hash", ""}},
                       {{"key_id", 1}, {"requests", -1}, {"tokens_in", 1.5}, {"tokens_out", "1"}},
                       {{"key_id", 1}, {"requests", kMostCounted + 1}},
                       {{"key_id", 1}, {"last_used_at", "yesterday"}},
                       {{"key_id", 1}, {"tokens", 1}}})),
        ElementsAre("items/0 type",
                    "items/1/key_id required",
                    "items/2/key_id required",
                    "items/3/key_id range",
                    "items/4/token_hash type",
                    "items/5/requests range",
                    "items/5/tokens_in range",
                    "items/5/tokens_out type",
                    "items/6/requests range",
                    "items/7/last_used_at format",
                    "items/8/tokens unknown"));
}

TEST(CounterReport, TellsNoMoreThanAHundredFaults) {
    EXPECT_THAT(faults(report(Json(500, Json::object()))), SizeIs(100));
}

TEST(CounterReport, MayBeEmptyButNotWithoutBounds) {
    EXPECT_THAT(read_report(report(Json::array())).items, IsEmpty());
    EXPECT_THAT(faults(report(Json(kMostItems + 1, {{"key_id", 1}}))), ElementsAre("items length"));
    EXPECT_THAT(faults(report(Json(kMostItems, {{"key_id", 1}}))), IsEmpty());
}

TEST(CounterReport, DigestTellsItemsApartAndNothingElse) {
    const auto digest = [](const Json& items) { return read_report(report(items)).digest(); };
    const std::string one = digest({{{"key_id", 1}, {"requests", 2}}});
    EXPECT_EQ(digest({{{"requests", 2}, {"key_id", 1}, {"tokens_in", 0}}}), one);
    EXPECT_NE(digest({{{"key_id", 1}, {"requests", 3}}}), one);
    EXPECT_NE(digest({{{"key_id", 1}, {"tokens_in", 2}}}), one);
    EXPECT_NE(digest({{{"token_hash", "1"}, {"requests", 2}}}), one);
    EXPECT_NE(digest({{{"key_id", 1}, {"requests", 2}}, {{"key_id", 2}}}), one);
    EXPECT_NE(digest(Json::array()), one);
}

}  // namespace
}  // namespace ezapi::logs
