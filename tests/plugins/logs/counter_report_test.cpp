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

/// The status of the refusal; 0: accepted.
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

/// The result for the only item: its code if it is rejected, otherwise the repaired members.
std::string fate_of(const std::string& item) {
    const CounterReport out =
        read_report(R"({"node":"n","epoch":"e","sequence":1,"items":[)" + item + "]}");
    EXPECT_EQ(out.items.size() + out.rejected.size(), 1U) << item;
    EXPECT_EQ(out.rejected_items, out.rejected.size()) << item;
    if (!out.rejected.empty()) return out.rejected.front().code;
    std::string fields;
    for (const RepairedItem& repaired : out.repaired) {
        EXPECT_EQ(repaired.index, 0U) << item;
        for (const std::string& field : repaired.fields) fields += field + " ";
    }
    return fields;
}

CounterItem item_of(const std::string& members) {
    const CounterReport out = read_report(
        R"({"node":"n","epoch":"e","sequence":1,"items":[{"key_id":1,)" + members + "}]}");
    EXPECT_EQ(out.items.size(), 1U) << members;
    return out.items.empty() ? CounterItem{} : out.items.front();
}

TEST(CounterReport, RejectsAnItemThatNamesNoTokenAlone) {
    for (const char* item : {"{}",
                             R"({"key_id":0})",
                             R"({"key_id":-1})",
                             R"({"key_id":1.5})",
                             R"({"key_id":"x"})",
                             R"({"key_id":true})",
                             R"({"key_id":99999999999999999999})",
                             R"({"token_hash":""})",
                             R"({"token_hash":7})",
                             R"({"token_hash":"\u0000"})",
                             R"({"token_hash":"\ud800"})",
                             R"({"key_id":null,"requests":1})"})
        EXPECT_EQ(fate_of(item), "required") << item;
    EXPECT_EQ(fate_of("{\"token_hash\":\"" + std::string(201, 'a') + "\"}"), "required");
    EXPECT_EQ(fate_of(R"({"key_id":1,"key_id":2})"), "duplicate");
    EXPECT_EQ(fate_of(R"({"token_hash":"a","token_hash":"a"})"), "duplicate");
    for (const char* item : {"7", "[]", "null", "\"x\"", "true"})
        EXPECT_EQ(fate_of(item), "type") << item;
    const CounterReport out = read_report(
        R"({"node":"n","epoch":"e","sequence":1,"items":[7,{"key_id":2,"requests":3},{}]})");
    ASSERT_THAT(out.items, SizeIs(1));
    EXPECT_EQ(out.items.front().requests, 3);
    EXPECT_EQ(out.items.front().index, 1U);
    ASSERT_THAT(out.rejected, SizeIs(2));
    EXPECT_EQ(out.rejected[1].index, 2U);
    EXPECT_EQ(out.rejected[1].message, "key_id: expected one of key_id and token_hash");
}

TEST(CounterReport, CountsAnItemWhateverIsWrongWithWhichOfItsOtherMembers) {
    const char* wrong[] = {"true",
                           "-1",
                           "0.5",
                           "\"x\"",
                           "\"7\"",
                           "\"\"",
                           "[]",
                           "{\"a\":[1]}",
                           "1e400",
                           "-1e400",
                           "1e3",
                           "7.0",
                           "1000000000001",
                           "\"-\"",
                           "99999999999999999999",
                           "\"\\u0000\"",
                           "\"\\ud800\"",
                           "\"\xff\"",
                           "\"2026-13-01\""};
    for (const char* member : {"requests", "tokens_in", "tokens_out", "last_used_at", "other"}) {
        for (const std::string_view value : wrong) {
            const bool is_time = member == std::string_view("last_used_at");
            if (is_time && value == "1000000000001") continue;  // in the year 2001
            const std::string item = "{\"token_hash\":\"a\",\"" + std::string(member) +
                                     "\":" + std::string(value) + ",\"key_id\":null}";
            EXPECT_EQ(fate_of(item), std::string(member) + " ") << item;
        }
    }
}

TEST(CounterReport, RepairsNumbersAndTimes) {
    EXPECT_EQ(item_of(R"("requests":"7")").requests, 7);
    EXPECT_EQ(item_of(R"("requests":7.5)").requests, 8);
    EXPECT_EQ(item_of(R"("requests":-1)").requests, 0);
    EXPECT_EQ(item_of(R"("tokens_in":1e400)").tokens_in, kMostCounted);
    EXPECT_EQ(item_of(R"("tokens_out":1000000000001)").tokens_out, kMostCounted);
    EXPECT_EQ(item_of(R"("requests":1,"requests":2)").requests, 1);
    EXPECT_EQ(item_of(R"("last_used_at":1767323045.5)").last_used_at, 1767323045500000);
    EXPECT_EQ(item_of(R"("last_used_at":"1767323045")").last_used_at, 1767323045000000);
    EXPECT_EQ(item_of(R"("last_used_at":1767323045678901)").last_used_at, 1767323045678901);
    EXPECT_EQ(item_of(R"("last_used_at":"yesterday")").last_used_at, 0);
    EXPECT_EQ(item_of(R"("last_used_at":-5)").last_used_at, 0);
    EXPECT_EQ(item_of(R"("token_hash":"a")").token_hash, "") << "the id names the token";
    EXPECT_EQ(fate_of(R"({"key_id":1,"token_hash":"a"})"), "token_hash ");
    EXPECT_EQ(fate_of(R"({"key_id":"5"})"), "key_id ");
    EXPECT_EQ(fate_of(R"({"key_id":0,"token_hash":"a"})"), "key_id ");
}

TEST(CounterReport, IsRefusedWhereNobodyCouldTellWhetherItIsCounted) {
    EXPECT_EQ(status_of(R"({"node":"n","epoch":"e","sequence":1,"items":[{"key_id":1},]})"), 400);
    EXPECT_EQ(status_of(R"({"node":"n","epoch":"e","sequence":1,"items":[],"items":[]})"), 422);
    EXPECT_EQ(status_of(R"({"node":"n","epoch":"e","sequence":1,"items":{}})"), 422);
    EXPECT_EQ(status_of(R"({"epoch":"e","sequence":1,"items":[]})"), 422);
    EXPECT_EQ(status_of(R"({"node":"","epoch":"e","sequence":1,"items":[]})"), 422);
    EXPECT_EQ(status_of(R"({"node":"n","epoch":"e","sequence":1.5,"items":[]})"), 422);
    EXPECT_EQ(status_of(R"({"node":"n","epoch":"e","sequence":"x","items":[]})"), 422);
    EXPECT_EQ(read_report(R"({"node":"n","epoch":"e","sequence":"7","items":[]})").sequence, 7);
}

TEST(CounterReport, IgnoresUnknownMembersAndSaysSo) {
    const CounterReport out =
        read_report(R"({"node":"n","epoch":"e","sequence":1,"more":[],"items":[{"key_id":1}]})");
    EXPECT_THAT(out.items, SizeIs(1));
    ASSERT_THAT(out.repaired, SizeIs(1));
    EXPECT_EQ(out.repaired.front().index, std::nullopt);
    EXPECT_THAT(out.repaired.front().fields, ElementsAre("more"));
}

TEST(CounterReport, NamesNoTokenByItself) {
    CounterItem item;
    item.token_hash = "sk-0123456789abcdef";
    EXPECT_EQ(item.name(), "sk-01234…");
    item.token_hash = std::string(64, 'a');
    EXPECT_EQ(item.name(), item.token_hash);
    item.key_id = 7;
    EXPECT_EQ(item.name(), "7");
}

/// For reports with an inserted, deleted or replaced byte, the reader agrees with the parser of all
/// other bodies on what is JSON and on its content. That parser refuses duplicate members, invalid
/// texts and numbers out of range as malformed; here these are faults or repairs.
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
            if (status == 0) {
                const CounterReport mended = read_report(body);
                ASSERT_GT(mended.repaired_items + mended.rejected_items, 0U) << body;
            }
        }
        if (tree) {
            ASSERT_NE(status, 400) << body;
        }
        if (status == 0 && tree) {
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
                ElementsAre("epoch format", "sequence duplicate"));
}

TEST(CounterReport, SkipsWhatIsNestedToAnyDepth) {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_EQ(status_of(R"({"node":"n","epoch":"1","sequence":1,"items":[],"more":)" + deep + "}"),
              0);
    EXPECT_EQ(status_of(R"({"more":)" + deep + "]}"), 400);
}

TEST(CounterReport, TellsAllFaultsAtOnce) {
    EXPECT_THAT(faults({{"node", ""}, {"sequence", -1}, {"items", 5}, {"extra", 1}}),
                ElementsAre("items type", "node length", "sequence range", "epoch required"));
}

TEST(CounterReport, ListsNoMoreThanAThousandItemsAndCountsAll) {
    const CounterReport none = read(report(Json(1500, Json::object())));
    EXPECT_THAT(none.rejected, SizeIs(CounterReport::kMostListed));
    EXPECT_EQ(none.rejected_items, 1500U);
    const CounterReport mended = read(report(Json(1500, {{"key_id", 1}, {"requests", -1}})));
    EXPECT_THAT(mended.items, SizeIs(1500));
    EXPECT_THAT(mended.repaired, SizeIs(CounterReport::kMostListed));
    EXPECT_EQ(mended.repaired_items, 1500U);
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
