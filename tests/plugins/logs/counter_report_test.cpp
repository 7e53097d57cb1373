#include <gmock/gmock.h>

#include <optional>
#include <random>

#include "counters/report_reader.hpp"
#include "ezapi/error.hpp"

namespace ezapi::logs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Json report(Json items) {
    return {{"node", "n1"}, {"epoch", "boot-1"}, {"sequence", 7}, {"items", std::move(items)}};
}

CounterReport read(const Json& body) {
    return read_report(body.dump());
}

std::vector<std::string> faults_in(std::string_view body) {
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

std::vector<std::string> faults(const Json& body) {
    return faults_in(body.dump());
}

/// The status of the refusal, 0: it was read.
int status_of(std::string_view body) {
    try {
        (void)read_report(body);
        return 0;
    } catch (const Error& error) {
        return error.http_status();
    }
}

TEST(CounterReport, IsReadWithItsItems) {
    const CounterReport out = read(report({{{"key_id", 5},
                                            {"requests", 2},
                                            {"tokens_in", 10},
                                            {"tokens_out", 3},
                                            {"last_used_at", "2026-01-02T03:04:05.678Z"}},
                                           {{"token_hash", "abc"}}}));
    EXPECT_EQ(out.node, "n1");
    EXPECT_EQ(out.epoch, "boot-1");
    EXPECT_EQ(out.sequence, 7);
    ASSERT_THAT(out.items, SizeIs(2));
    EXPECT_EQ(out.items[0].key_id, 5);
    EXPECT_EQ(out.items[0].requests, 2);
    EXPECT_EQ(out.items[0].tokens_in, 10);
    EXPECT_EQ(out.items[0].tokens_out, 3);
    EXPECT_EQ(out.items[0].last_used_at, 1767323045678000);
    EXPECT_EQ(out.items[0].name(), "5");
    EXPECT_EQ(out.items[1].name(), "abc");
    EXPECT_EQ(out.items[1].requests, 0);
    EXPECT_EQ(out.items[1].last_used_at, 0);
}

TEST(CounterReport, TakesNumbersForNamesAndUnixTimes) {
    Json body = report({{{"key_id", 1}, {"last_used_at", 1767323045}},
                        {{"key_id", 1}, {"last_used_at", 1767323045678}}});
    body["epoch"] = 3;
    const CounterReport out = read(body);
    EXPECT_EQ(out.epoch, "3");
    EXPECT_EQ(out.items[0].last_used_at, 1767323045000000);
    EXPECT_EQ(out.items[1].last_used_at, 1767323045678000);
}

constexpr std::string_view kPlain = R"({"node":"n\u00e91","epoch":3,"sequence":7,"items":[
    {"key_id":5,"requests":2,"tokens_in":10,"tokens_out":3,"last_used_at":"2026-01-02T03:04:05.678Z"},
    {"token_hash":"abc","last_used_at":1767323045},{"token_hash":"d","last_used_at":1767323045678},
    {"requests":1000000000000,"token_hash":"e"}]})";

std::string all_of(const CounterReport& read) {
    return read.node + "|" + read.epoch + "|" + std::to_string(read.sequence) + "|" + read.digest();
}

TEST(CounterReport, IsReadWithWhatJsonAllows) {
    const CounterReport out = read_report(kPlain);
    EXPECT_THAT(out.items, SizeIs(4));
    EXPECT_EQ(out.node, "n\u00e91");
    EXPECT_EQ(all_of(out), all_of(read(parse_json(kPlain))));
}

TEST(CounterReport, RefusesWhatIsNoneInItsItems) {
    const auto with = [](const std::string& items) {
        return status_of(R"({"node":"n","epoch":"e","sequence":1,"items":)" + items + "}");
    };
    EXPECT_EQ(with("[]"), 0);
    EXPECT_EQ(with(R"([{"key_id":1,"requests":null}])"), 0);
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
                              R"([{"key_id":1,"last_used_at":"yesterday"}])",
                              "{}"})
        EXPECT_EQ(with(items), 422) << items;
    EXPECT_EQ(with(R"([{"key_id":1},])"), 400);
    EXPECT_EQ(with(R"([],"items":[])"), 422);
    EXPECT_EQ(status_of(R"({"epoch":"e","sequence":1,"items":[]})"), 422);
    EXPECT_EQ(status_of(R"({"node":"","epoch":"e","sequence":1,"items":[]})"), 422);
}

TEST(CounterReport, SaysWhatWasExpectedAndFound) {
    const auto said = [](const std::string& item) -> std::string {
        try {
            (void)read_report(R"({"node":"n","epoch":"e","sequence":1,"items":[)" + item + "]}");
        } catch (const Error& error) {
            return error.faults().empty() ? "" : error.faults().front().message;
        }
        return {};
    };
    EXPECT_EQ(said("7"), "expected an object, found number");
    EXPECT_EQ(said(R"({"key_id":"a"})"),
              "expected an integer from 1 to 9223372036854775807, found string");
    EXPECT_EQ(said(R"({"key_id":1,"requests":-1})"),
              "expected an integer from 0 to 1000000000000, found '-1'");
    const std::string time = "expected a time as RFC 3339, or unix seconds or milliseconds, found ";
    EXPECT_EQ(said(R"({"key_id":1,"last_used_at":"yesterday"})"), time + "'yesterday'");
    EXPECT_EQ(said(R"({"key_id":1,"last_used_at":-5})"), time + "'-5'");
    EXPECT_EQ(said(R"({"key_id":1,"last_used_at":true})"), time + "boolean");
    EXPECT_EQ(said(R"({"key_id":1,"last_used_at":"\ud800"})"),
              "is no UTF-8 or contains the character NUL");
}

/// Whatever a byte too many, too few or another makes of a report: it is JSON for the reader
/// exactly where it is for the parser of all other bodies, and says the same. That one refuses
/// members that stand twice and texts that are none as malformed, here they are faults among
/// others.
TEST(CounterReport, IsMalformedWhereAllOtherBodiesAre) {
    std::mt19937 random(7);
    size_t taken = 0;
    size_t malformed = 0;
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
        const int status = status_of(body);
        std::optional<Json> tree;
        try {
            tree = parse_json(body);
        } catch (const Error&) {
            ASSERT_NE(status, 0) << body;
        }
        if (tree) {
            ASSERT_NE(status, 400) << body;
        }
        if (status == 0) {
            ASSERT_EQ(all_of(read_report(body)), all_of(read(*tree))) << body;
        }
        taken += status == 0 ? 1 : 0;
        malformed += status == 400 ? 1 : 0;
    }
    EXPECT_GT(taken, 100U);
    EXPECT_GT(malformed, 100U);
}

TEST(CounterReport, IsOneObject) {
    EXPECT_EQ(status_of(""), 400);
    EXPECT_EQ(status_of("[]"), 422);
    EXPECT_EQ(status_of(std::string(kPlain) + "x"), 400);
    EXPECT_EQ(status_of(std::string(kPlain).substr(0, kPlain.size() - 1)), 400);
}

TEST(CounterReport, MayHoldNulls) {
    const CounterReport out = read(report({{{"key_id", 1}, {"token_hash", nullptr}},
                                           {{"token_hash", "a"}, {"last_used_at", nullptr}}}));
    EXPECT_EQ(out.items[0].key_id, 1);
    EXPECT_EQ(out.items[1].last_used_at, 0);
}

TEST(CounterReport, TellsWhatStandsTwiceAndWhatIsNoText) {
    EXPECT_THAT(faults_in(R"({"node":"n","epoch":"\ud800","sequence":1,"sequence":2,"items":[
                       {"key_id":1,"key_id":1},{"token_hash":"\u0000"}]})"),
                ElementsAre("epoch format",
                            "sequence duplicate",
                            "items/0/key_id duplicate",
                            "items/1/token_hash type"));
}

TEST(CounterReport, IsNotNestedWithoutBounds) {
    const std::string deep(100, '[');
    EXPECT_EQ(status_of(R"({"more":)" + deep + std::string(100, ']') + "}"), 400);
}

TEST(CounterReport, TellsAllFaultsAtOnce) {
    EXPECT_THAT(
        faults({{"node", ""}, {"sequence", -1}, {"items", 5}, {"extra", 1}}),
        ElementsAre(
            "extra unknown", "items type", "node length", "sequence range", "epoch required"));
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
    EXPECT_THAT(read(report(Json::array())).items, IsEmpty());
    EXPECT_THAT(faults(report(Json(kMostItems + 1, {{"key_id", 1}}))), ElementsAre("items length"));
    EXPECT_THAT(faults(report(Json(kMostItems, {{"key_id", 1}}))), IsEmpty());
}

TEST(CounterReport, DigestTellsItemsApartAndNothingElse) {
    const auto digest = [](const Json& items) { return read(report(items)).digest(); };
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
