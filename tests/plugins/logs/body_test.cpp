// Parsing of POST /internal/logs: which records are accepted, which are refused and why, and which
// faults refuse the whole body.
#include "ingest/body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <limits>
#include <string>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/json.hpp"
#include "ingest/gunzip.hpp"
#include "json/decimal.hpp"

namespace ezapi::logs {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kNow = 1'770'000'000'000'000;  // 2026-02-02T02:40:00Z
constexpr BodyLimits kLimits{.records = 1000, .bytes = 1 << 20};

ParsedBody read(const std::string& body, std::string_view type = "application/json") {
    return parse_body(body, type, std::nullopt, kLimits, kNow);
}

ParsedBody read_lines(const std::string& body) {
    return read(body, "application/x-ndjson");
}

/// The repaired fields of the single record with one additional member.
std::vector<std::string> repaired_in(const ParsedBody& body) {
    std::vector<std::string> out;
    for (const Repair& repair : body.repairs.listed) {
        for (size_t i = 0; i < RecordReader::kCount; ++i) {
            if (((repair.fields >> i) & 1U) != 0) out.emplace_back(RecordReader::names()[i]);
        }
        out.insert(out.end(), repair.unknown.begin(), repair.unknown.end());
    }
    return out;
}

/// The row of a record with one repaired member.
RowBlock::Row repaired(const std::string& member) {
    const ParsedBody body = read(R"([{"request_id":"r",)" + member + "}]");
    EXPECT_TRUE(body.refused.empty()) << member << ": " << body.refused.front().message;
    const std::string name = member.substr(1, member.find('"', 1) - 1);
    EXPECT_THAT(repaired_in(body), testing::ElementsAre(name)) << member;
    return body.rows.size() == 1 ? body.rows.rows().front() : RowBlock::Row{};
}

/// A text column of the only row, as sent by COPY.
std::string column(const ParsedBody& body, size_t place) {
    std::string_view bytes = body.rows.bytes(body.rows.rows().front()).substr(2);
    for (;; --place) {
        size_t size = 0;
        for (int i = 0; i < 4; ++i) size = size * 256 + static_cast<unsigned char>(bytes[i]);
        bytes.remove_prefix(4);
        if (size == 0xFFFFFFFFU) size = 0;
        if (place == 0) return std::string(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
}

constexpr size_t kModelColumn = 16;
constexpr size_t kErrorColumn = 19;
constexpr size_t kAddressColumn = 20;

/// The stored form of a text, which is repaired or not.
std::string stored_text(const std::string& member, size_t place, bool is_repaired) {
    const ParsedBody body = read(R"([{"request_id":"r",)" + member + "}]");
    EXPECT_EQ(body.rows.size(), 1U) << member;
    EXPECT_EQ(body.repairs.records, is_repaired ? 1U : 0U) << member;
    return body.rows.size() == 1 ? column(body, place) : "";
}

/// The refusal of a record with one additional member.
Refusal refusal_of(const std::string& member) {
    const ParsedBody body = read(R"([{"request_id":"r",)" + member + R"(},{"request_id":"good"}])");
    EXPECT_EQ(body.rows.size(), 1U) << member;
    EXPECT_EQ(body.refused.size(), 1U) << member;
    return body.refused.empty() ? Refusal{} : body.refused.front();
}

RowBlock::Row row_of(const std::string& member) {
    const ParsedBody body = read(R"([{"request_id":"r",)" + member + "}]");
    EXPECT_TRUE(body.refused.empty()) << member << ": " << body.refused.front().message;
    EXPECT_EQ(body.repairs.records, 0U) << member;
    return body.rows.size() == 1 ? body.rows.rows().front() : RowBlock::Row{};
}

int status_of(const std::string& body,
              std::optional<std::string_view> type = "application/json",
              std::optional<std::string_view> encoding = std::nullopt,
              BodyLimits limits = kLimits) {
    try {
        (void)parse_body(body, type, encoding, limits, kNow);
    } catch (const Error& error) {
        return error.http_status();
    }
    return 200;
}

std::string gzip(const std::string& plain) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, plain.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

TEST(Body, SkipsAByteOrderMarkAsEveryRouteDoes) {
    const std::string mark = "\xEF\xBB\xBF";
    EXPECT_EQ(parse_json(mark + "[1]"), Json::array({1}));
    EXPECT_EQ(read(mark + R"([{"request_id":"r"}])").rows.size(), 1U);
    EXPECT_EQ(read_lines(mark + "{\"request_id\":\"r\"}\n{\"request_id\":\"s\"}").rows.size(), 2U);
    for (const std::string& body : {mark + mark + "[]", "[" + mark + "]", mark}) {
        EXPECT_EQ(status_of(body), 400) << body;
        EXPECT_THROW((void)parse_json(body), Error) << body;
    }
}

TEST(IngestBody, TakesEveryFieldOfARecord) {
    const ParsedBody body = read(
        R"([{"request_id":"r-1","master_id":7,"key_id":8,"group":"g","namespace":"n","model":"m",)"
        R"("upstream_model":"u","provider_group_id":9,"provider_id":10,"provider_type":"openai",)"
        R"("status_code":502,"latency_ms":1234,"first_token_ms":56,"tokens_in":11,"tokens_out":12,)"
        R"("cached_tokens":3,"cost":0.0125,"stream":true,"error":"late","client_ip":"::1",)"
        R"("created_at":"2026-01-02T03:04:05.678Z"}])");
    ASSERT_EQ(body.rows.size(), 1U);
    const RowBlock::Row& row = body.rows.rows().front();
    EXPECT_EQ(body.rows.text(row.request_id), "r-1");
    EXPECT_EQ(body.rows.text(row.name_space), "n");
    EXPECT_EQ(body.rows.text(row.model), "m");
    EXPECT_EQ(row.master_id, 7);
    EXPECT_EQ(row.key_id, 8);
    EXPECT_EQ(row.provider_group_id, 9);
    EXPECT_EQ(row.provider_id, 10);
    EXPECT_EQ(row.status_code, 502);
    EXPECT_EQ(row.latency_ms, 1234);
    EXPECT_EQ(row.tokens_in, 11);
    EXPECT_EQ(row.tokens_out, 12);
    EXPECT_EQ(row.cached_tokens, 3);
    EXPECT_EQ(row.cost_nano, 12'500'000);
    EXPECT_EQ(row.created_us, 1'767'323'045'678'000);
}

TEST(IngestBody, NeedsNothingButARequestId) {
    EXPECT_EQ(row_of(R"("model":null)").status_code, 200);
    EXPECT_EQ(row_of(R"("created_at":null)").created_us, kNow);
    EXPECT_EQ(read("[{}]").refused.front().code, "required");
    EXPECT_EQ(read(R"([{"request_id":null}])").refused.front().code, "required");
    EXPECT_EQ(read(R"([{"request_id":""}])").refused.front().code, "length");
}

TEST(IngestBody, ReadsTimesAsTextAndAsMilliseconds) {
    EXPECT_EQ(row_of(R"("created_at":1700000000123)").created_us, 1'700'000'000'123'000);
    EXPECT_EQ(row_of(R"("created_at":1700000000)").created_us, 1'700'000'000'000'000);
    EXPECT_EQ(row_of(R"("created_at":"2026-01-02T04:04:05+01:00")").created_us,
              row_of(R"("created_at":"2026-01-02T03:04:05Z")").created_us);
}

TEST(IngestBody, MendsTimesAndTakesThatOfTheArrivalForOthers) {
    const auto time = [](const std::string& value) {
        return repaired("\"created_at\":" + value).created_us;
    };
    EXPECT_EQ(time("1700000000123456"), 1'700'000'000'123'456);     // microseconds
    EXPECT_EQ(time("1700000000123456789"), 1'700'000'000'123'456);  // nanoseconds
    EXPECT_EQ(time("1700000000.25"), 1'700'000'000'250'000);
    EXPECT_EQ(time("1.70000000025e9"), 1'700'000'000'250'000);
    EXPECT_EQ(time("1700000000123.5"), 1'700'000'000'123'500);
    EXPECT_EQ(time("\"1700000000\""), 1'700'000'000'000'000);
    EXPECT_EQ(time("\"2023-11-14\""), 1'699'920'000'000'000);
    for (const char* none : {"\"yesterday\"",
                             "\"\"",
                             "\"2026-13-01\"",
                             "\"1969-12-31T23:59:59Z\"",
                             "\"1970-01-01T00:00:00Z\"",
                             "0",
                             "2026",
                             "20260102",
                             "99999999",
                             "\"0\"",
                             "-1",
                             "-0.5",
                             "1e400",
                             "99999999999999999999",
                             "true",
                             "{}",
                             "\"\\u0000\"",
                             "\"\\ud800\""})
        EXPECT_EQ(time(none), kNow) << none;
}

TEST(IngestBody, TakesNoTimeFromMoreThanADayAhead) {
    EXPECT_EQ(row_of(R"("created_at":"2026-02-03T02:40:00Z")").created_us, kNow + 86'400'000'000);
    for (const char* ahead : {"\"2026-02-03T02:40:01Z\"",
                              "1770086400001",
                              "253402300799999",
                              "\"2026-02-04\"",
                              "\"9999-12-31T23:59:59Z\"",
                              "\"9999-12-31T23:59:59-23:00\""})
        EXPECT_EQ(repaired(std::string("\"created_at\":") + ahead).created_us, kNow) << ahead;
}

TEST(IngestBody, RefusesABadRecordByItsIndexAndKeepsTheOthers) {
    const ParsedBody body =
        read(R"([{"request_id":"a"},7,{"request_id":"b"},{"request_id":true}])");
    EXPECT_EQ(body.rows.size(), 2U);
    EXPECT_EQ(body.rows.rows()[1].index, 2U);
    ASSERT_EQ(body.refused.size(), 2U);
    EXPECT_EQ(body.refused[0].index, 1U);
    EXPECT_EQ(body.refused[1].index, 3U);
    EXPECT_THAT(body.refused[1].message, HasSubstr("request_id: expected a text"));
}

TEST(IngestBody, CountsARecordWhateverIsWrongWithWhichOfItsFields) {
    std::vector<std::string> wrong{"true",
                                   "false",
                                   "-1",
                                   "0.5",
                                   "-0.5",
                                   "1e400",
                                   "-1e400",
                                   "1e-9",
                                   "[]",
                                   "[1,{}]",
                                   "{}",
                                   "\"\"",
                                   "\" \"",
                                   "\"x\"",
                                   "\"7\"",
                                   "\"-\"",
                                   "0",
                                   "99",
                                   "600",
                                   "1e3",
                                   "7.0",
                                   "99999999999999999999",
                                   "-99999999999999999999",
                                   "\"a\\u0000b\"",
                                   "\"\\ud800\"",
                                   "\"\xff\"",
                                   "\"\xc0\xaf\"",
                                   "\"\xed\xa0\x80\"",
                                   "\"10.0.0.256\"",
                                   "\"\\ud800\\u0041\"",
                                   "\"\\udc00\""};
    for (const size_t length :
         {200UL, 201UL, 255UL, 256UL, 512UL, 513UL, 8192UL, 8193UL, 100000UL}) {
        wrong.push_back("\"" + std::string(length, 'a') + "\"");
        std::string wide;
        for (size_t i = 0; i < length; ++i) wide += "\xf0\x9f\x98\x80";
        wrong.push_back("\"" + wide + "\"");
        wrong.push_back("\"" + wide + "\xf0\x9f\"");
    }
    size_t tried = 0;
    for (const std::string_view name : RecordReader::names()) {
        if (name == "request_id") continue;
        for (const std::string& value : wrong) {
            const std::string member = "\"" + std::string(name) + "\":" + value;
            const std::string shown = member.substr(0, 80);
            const ParsedBody body =
                read(R"([{"request_id":"r","cost":0.5,"tokens_in":3,)" +
                     (name == "cost" || name == "tokens_in" ? "\"group\":\"g\"}]" : member + "}]"));
            ASSERT_TRUE(body.refused.empty()) << shown;
            ASSERT_EQ(body.rows.size(), 1U) << shown;
            EXPECT_EQ(body.rows.rows().front().cost_nano, 500'000'000) << shown;
            EXPECT_EQ(body.rows.rows().front().tokens_in, 3) << shown;
            const ParsedBody alone = read(R"([{"request_id":"r",)" + member + "}]");
            ASSERT_EQ(alone.rows.size(), 1U) << shown;
            const RowBlock::Row& row = alone.rows.rows().front();
            const std::vector<std::string> fields = repaired_in(alone);
            EXPECT_TRUE(fields.empty() || fields == std::vector<std::string>{std::string(name)})
                << shown;
            EXPECT_TRUE(sound_text(alone.rows.text(row.model))) << shown;
            EXPECT_TRUE(sound_text(column(alone, kErrorColumn))) << shown;
            for (const std::int64_t number : {row.master_id,
                                              row.key_id,
                                              row.provider_group_id,
                                              row.provider_id,
                                              row.tokens_in,
                                              row.tokens_out,
                                              row.cached_tokens,
                                              row.cost_nano,
                                              row.created_us,
                                              std::int64_t{row.latency_ms}})
                EXPECT_GE(number, 0) << shown;
            EXPECT_GE(row.status_code, 100) << shown;
            EXPECT_LE(row.status_code, 599) << shown;
            ++tried;
        }
    }
    EXPECT_GT(tried, 1000U);
}

TEST(IngestBody, RepairsNumbers) {
    EXPECT_EQ(repaired(R"("tokens_in":"7")").tokens_in, 7);
    EXPECT_EQ(repaired(R"("tokens_in":7.5)").tokens_in, 8);
    EXPECT_EQ(repaired(R"("tokens_in":-1)").tokens_in, 0);
    EXPECT_EQ(repaired(R"("tokens_in":99999999999999999999)").tokens_in, 1'000'000'000);
    EXPECT_EQ(repaired(R"("tokens_in":1000000001)").tokens_in, 1'000'000'000);
    EXPECT_EQ(row_of(R"("tokens_in":1000000000)").tokens_in, 1'000'000'000);
    EXPECT_EQ(repaired(R"("latency_ms":2147483648)").latency_ms, 2147483647);
    EXPECT_EQ(repaired(R"("latency_ms":12.7)").latency_ms, 13);
    EXPECT_EQ(repaired(R"("first_token_ms":-1)").latency_ms, 0);
    EXPECT_EQ(repaired(R"("stream":"yes")").tokens_in, 0);
}

TEST(IngestBody, LeavesOutIdsThatAreNone) {
    for (const char* none : {"0", "-1", "0.5", "\"x\"", "true", "1e30", "9223372036854775808"}) {
        EXPECT_EQ(repaired(std::string("\"master_id\":") + none).master_id, 0) << none;
        EXPECT_EQ(repaired(std::string("\"key_id\":") + none).key_id, 0) << none;
    }
    EXPECT_EQ(repaired(R"("master_id":"7")").master_id, 7);
    EXPECT_EQ(repaired(R"("master_id":7.0)").master_id, 7);
    EXPECT_EQ(repaired(R"("provider_id":0)").provider_id, 0);
}

TEST(IngestBody, KeepsTheMeaningOfAStatusThatIsNone) {
    EXPECT_EQ(repaired(R"("status_code":0)").status_code, 499);
    for (const char* none : {"99", "600", "-1", "99999", "1e30", "\"late\"", "true", "{}"})
        EXPECT_EQ(repaired(std::string("\"status_code\":") + none).status_code, 599) << none;
    EXPECT_EQ(repaired(R"("status_code":"502")").status_code, 502);
    EXPECT_EQ(repaired(R"("status_code":502.0)").status_code, 502);
}

TEST(IngestBody, CountsCostsOfEveryCurrency) {
    EXPECT_EQ(row_of(R"("cost":1000)").cost_nano, 1'000'000'000'000);
    EXPECT_EQ(row_of(R"("cost":25412.75)").cost_nano, 25'412'750'000'000);
    EXPECT_EQ(row_of(R"("cost":1000000000)").cost_nano, 1'000'000'000'000'000'000);
    EXPECT_EQ(repaired(R"("cost":1000000000.000000001)").cost_nano, 1'000'000'000'000'000'000);
    EXPECT_EQ(repaired(R"("cost":1e999999999999)").cost_nano, 1'000'000'000'000'000'000);
    EXPECT_EQ(repaired(R"("cost":-0.1)").cost_nano, 0);
    EXPECT_EQ(repaired(R"("cost":"0.25")").cost_nano, 250'000'000);
    EXPECT_EQ(repaired(R"("cost":"free")").cost_nano, 0);
}

TEST(IngestBody, SaysWhereACostIsRounded) {
    EXPECT_EQ(row_of(R"("cost":0.123456789)").cost_nano, 123'456'789);
    EXPECT_EQ(row_of(R"("cost":0.123456789000)").cost_nano, 123'456'789);
    EXPECT_EQ(repaired(R"("cost":0.123456789012)").cost_nano, 123'456'789);
    EXPECT_EQ(repaired(R"("cost":1e-10)").cost_nano, 0);
    EXPECT_EQ(repaired(R"("cost":5e-10)").cost_nano, 1);
    EXPECT_EQ(repaired(R"("cost":1.23456789012345678e-7)").cost_nano, 123);
    EXPECT_EQ(row_of(R"("cost":0e-400)").cost_nano, 0);
}

TEST(IngestBody, StoresNamesAsLongAsThoseOfResources) {
    std::string model;
    for (int i = 0; i < 320; ++i) model += "\xe6\xa8\xa1";
    EXPECT_EQ(stored_text("\"model\":\"" + model + "\"", kModelColumn, false), model);
    const std::string most(512, 'm');
    EXPECT_EQ(stored_text("\"model\":\"" + most + "\"", kModelColumn, false), most);
    EXPECT_EQ(stored_text("\"model\":\"" + most + "m\"", kModelColumn, true), most);
}

TEST(IngestBody, CutsTextsBetweenCharacters) {
    std::string wide;
    for (int i = 0; i < 8192; ++i) wide += "\xe8\xb6\x85";
    EXPECT_EQ(stored_text("\"error\":\"" + wide + "\"", kErrorColumn, false), wide);
    EXPECT_EQ(stored_text("\"error\":\"" + wide + "\xe6\x97\xb6\"", kErrorColumn, true), wide);
}

TEST(IngestBody, ReplacesWhatNoTextCanHold) {
    const auto model = [](const std::string& text) {
        return stored_text("\"model\":\"" + text + "\"", kModelColumn, true);
    };
    EXPECT_EQ(model("a\\u0000b"), "a\uFFFDb");
    EXPECT_EQ(model("\xff"), "\uFFFD");
    EXPECT_EQ(model("a\\ud800"), "a\uFFFD");
    EXPECT_EQ(model("\\ud800\\u0041"), "\uFFFDA");
    EXPECT_EQ(model("\\udc00"), "\uFFFD");
    EXPECT_EQ(model("\xe8\xb6"), "\uFFFD\uFFFD");
}

TEST(IngestBody, KeepsAnErrorThatIsAnObject) {
    EXPECT_EQ(stored_text(R"("error":{"message":"late","code":7})", kErrorColumn, true),
              R"({"message":"late","code":7})");
    EXPECT_EQ(stored_text(R"("error":7)", kErrorColumn, true), "7");
    EXPECT_EQ(stored_text(R"("model":["x"])", kModelColumn, true), "");
}

TEST(IngestBody, StoresAddressesInOneForm) {
    const auto address = [](const std::string& text, bool is_repaired) {
        return stored_text("\"client_ip\":\"" + text + "\"", kAddressColumn, is_repaired);
    };
    EXPECT_EQ(address("203.0.113.9", false), "203.0.113.9");
    EXPECT_EQ(address("", false), "");
    EXPECT_EQ(address("2001:DB8:0:0::7", false), "2001:db8::7");
    EXPECT_EQ(address("::ffff:203.0.113.9", false), "203.0.113.9");
    EXPECT_EQ(address("203.0.113.9:4711", true), "203.0.113.9");
    EXPECT_EQ(address("[2001:db8::7]:443", true), "2001:db8::7");
    EXPECT_EQ(address("[::1]", true), "::1");
    EXPECT_EQ(address(" 10.0.0.1 ", true), "10.0.0.1");
    EXPECT_EQ(address("fe80::1%eth0", true), "fe80::1");
    for (const char* none : {"10.0.0.256", "unknown", "10.0.0.1:99999", "1.2.3", "\\u0000"})
        EXPECT_EQ(address(none, true), "") << none;
}

TEST(IngestBody, KeepsARequestIdThatIsTooLongApartFromOthers) {
    const auto id_of = [](const std::string& id) {
        const ParsedBody body = read("[{\"request_id\":" + id + "}]");
        EXPECT_EQ(body.rows.size(), 1U) << id;
        EXPECT_THAT(repaired_in(body), testing::ElementsAre("request_id")) << id;
        return std::string(body.rows.text(body.rows.rows().front().request_id));
    };
    const std::string base(300, 'r');
    const std::string one = id_of("\"" + base + "1\"");
    EXPECT_EQ(one, id_of("\"" + base + "1\""));
    EXPECT_NE(one, id_of("\"" + base + "2\""));
    EXPECT_EQ(one.size(), 200U);
    EXPECT_TRUE(one.starts_with(base.substr(0, 135) + "~"));
    EXPECT_NE(id_of("\"a\\u0000b\""),
              id_of("\"a\xff"
                    "b\""));
    EXPECT_EQ(id_of("42"), "42");
    const std::string wide(200, 'r');
    EXPECT_EQ(read("[{\"request_id\":\"" + wide + "\"}]").repairs.records, 0U);
}

TEST(IngestBody, IgnoresUnknownFieldsAndSaysSo) {
    const ParsedBody body =
        read(R"([{"request_id":"r","colour":"red","deep":{"x":[1,{"y":2}]},"tokens_in":3}])");
    ASSERT_EQ(body.rows.size(), 1U);
    EXPECT_EQ(body.rows.rows().front().tokens_in, 3);
    EXPECT_THAT(repaired_in(body), testing::ElementsAre("colour", "deep"));
    EXPECT_EQ(body.repairs.by_field.back(), 1U);
    std::string many = R"([{"request_id":"r")";
    for (int i = 0; i < 1000; ++i)
        many += ",\"x" + std::to_string(i) + std::string(90, 'y') + "\":1";
    const std::vector<std::string> listed = repaired_in(read(many + "}]"));
    EXPECT_EQ(listed.size(), RecordReader::kMostFaults);
    EXPECT_EQ(listed.front().size(), 80U);
}

TEST(IngestBody, TakesTheFirstOfTwoValuesUnlessTheyAttributeTheRecord) {
    EXPECT_EQ(repaired(R"("tokens_in":1,"tokens_in":2)").tokens_in, 1);
    EXPECT_EQ(refusal_of(R"("request_id":"other")").code, "duplicate");
    EXPECT_EQ(refusal_of(R"("master_id":1,"master_id":2)").code, "duplicate");
    EXPECT_EQ(refusal_of(R"("key_id":1,"key_id":1)").code, "duplicate");
}

TEST(IngestBody, TellsEverythingThatIsWrongWithARefusedRecord) {
    const ParsedBody body =
        read(R"([{"master_id":0,"status_code":600,"model":["x"],"colour":1,"tokens_in":7.5}])");
    ASSERT_EQ(body.refused.size(), 1U);
    const Refusal& refusal = body.refused.front();
    EXPECT_EQ(refusal.code, "required");
    EXPECT_EQ(refusal.message, "request_id: is required");
    std::vector<std::string> told;
    for (const FieldFault& fault : refusal.faults)
        told.push_back(fault.field + " " + fault.code + " " + fault.message);
    EXPECT_THAT(told,
                testing::ElementsAre("master_id range expected 1 to 9223372036854775807, found '0'",
                                     "status_code range expected 100 to 599, found '600'",
                                     "model type expected a text, found array",
                                     "colour unknown no such field",
                                     "tokens_in type expected a whole number, found '7.5'",
                                     "request_id required is required"));
}

TEST(IngestBody, TellsNoMoreFaultsThanABound) {
    std::string body = "[{\"master_id\":0";
    for (int i = 0; i < 100; ++i) body += ",\"x" + std::to_string(i) + "\":1";
    const Refusal refusal = read(body + "}]").refused.front();
    EXPECT_EQ(refusal.faults.size(), RecordReader::kMostFaults);
    EXPECT_EQ(refusal.faults.front().field, "master_id");
    EXPECT_EQ(refusal.faults.back().field, "request_id");
    EXPECT_EQ(refusal.code, "required");
}

TEST(IngestBody, ListsNoMoreRepairsThanABoundAndCountsAll) {
    std::string body = "[";
    for (int i = 0; i < 1500; ++i)
        body += (i == 0 ? "" : ",") + ("{\"request_id\":\"" + std::to_string(i)) +
                "\",\"master_id\":0}";
    const ParsedBody parsed = parse_body(
        body + "]", "application/json", std::nullopt, {.records = 2000, .bytes = 1 << 20}, kNow);
    EXPECT_EQ(parsed.rows.size(), 1500U);
    EXPECT_EQ(parsed.repairs.records, 1500U);
    EXPECT_EQ(parsed.repairs.by_field[1], 1500U);
    ASSERT_EQ(parsed.repairs.listed.size(), Repairs::kMostListed);
    EXPECT_EQ(parsed.repairs.listed.back().index, 999U);
}

TEST(IngestBody, CountsNoRepairOfALineThatIsRefused) {
    const ParsedBody body = read_lines("{\"request_id\":\"a\",\"master_id\":0} x\n");
    EXPECT_EQ(body.refused.size(), 1U);
    EXPECT_EQ(body.repairs.records, 0U);
}

TEST(IngestBody, ResolvesEscapes) {
    const ParsedBody body =
        read("[{\"request_id\":\"\\u00e4\\ud83d\\ude00\\n\\\"\\/\",\"model\":\"\xc3\xa4\"}]");
    ASSERT_EQ(body.rows.size(), 1U);
    const RowBlock::Row& row = body.rows.rows().front();
    EXPECT_EQ(body.rows.text(row.request_id), "\xc3\xa4\xf0\x9f\x98\x80\n\"/");
    EXPECT_EQ(body.rows.text(row.model), "\xc3\xa4");
}

TEST(IngestBody, RefusesTheWholeArrayThatIsNoJson) {
    for (const char* body : {"",
                             " ",
                             "[",
                             "[{}",
                             "[{\"request_id\":\"a\"},]",
                             "[{},{]",
                             "[1 2]",
                             "[]x",
                             "[{\"a\" 1}]",
                             "[{a:1}]",
                             "[\"\\x\"]",
                             "[\"\\u12g4\"]",
                             "[\"",
                             "[{\"request_id\":\"a\",}]"})
        EXPECT_EQ(status_of(body), 400) << body;
    for (const char* record : {"01", "1.", "1e", "-", "tru", "nul", "+1", ".5", "\"\n\""}) {
        const ParsedBody out = read(std::string("[") + record + R"(,{"request_id":"a"}])");
        EXPECT_EQ(out.rows.size(), 1U) << record;
        ASSERT_EQ(out.refused.size(), 1U) << record;
        EXPECT_EQ(out.refused[0].code, "type") << record;
    }
    EXPECT_EQ(status_of("{}"), 422);
    EXPECT_EQ(status_of("[]"), 200);
    EXPECT_EQ(status_of(" [ ] \n"), 200);
}

/// Accepts and refuses the same texts as the strict parser of all other bodies, except that changed
/// bytes may turn a value into an unquoted word.
TEST(IngestBody, AgreesWithTheStrictParserOnWhatIsJson) {
    const std::string sound =
        R"([{"request_id":"a","x":[1,-2.5e+3,{"y":null,"z":[true,false,"\u00e4\\"]}]},[],{},"s",0])";
    for (size_t cut = 0; cut <= sound.size(); ++cut) {
        for (const char junk :
             {'\0', '{', '}', '[', ']', ',', ':', '"', '\\', '0', 'e', '-', ' '}) {
            std::string body = sound;
            if (cut < body.size()) body[cut] = junk;
            bool strict = true;
            try {
                (void)parse_json(body);
            } catch (const Error& error) {
                strict = std::string(error.what()).find("twice") != std::string::npos;
            }
            const int status = status_of(body);
            const bool structure = std::string_view("{}[]:").find(junk) != std::string_view::npos;
            if (strict) {
                ASSERT_NE(status, 400) << body;
            } else if (structure && status != 422) {  // 422: not an array
                ASSERT_EQ(status, 400) << body;
            }
        }
    }
}

TEST(IngestBody, SkipsWhatIsNestedToAnyDepth) {
    const auto nested = [](const std::string& open, const std::string& close, size_t levels) {
        std::string out = R"([{"request_id":"a","cost":1,"x":)";
        for (size_t i = 0; i < levels; ++i) out += open;
        out += "1";
        for (size_t i = 0; i < levels; ++i) out += close;
        return out + R"(},{"request_id":"b"}])";
    };
    for (const size_t levels : {1U, 62U, 64U, 65U, 10'000U, 100'000U}) {
        for (const auto& body : {nested("[", "]", levels),
                                 nested("{\"a\":", "}", levels),
                                 nested("[0,{\"a\":[],\"b\":", "},2]", levels / 4)}) {
            const ParsedBody out = read(body);
            EXPECT_EQ(out.rows.size(), 2U) << levels;
            EXPECT_THAT(repaired_in(out), testing::ElementsAre("x")) << levels;
        }
    }
    EXPECT_EQ(status_of("[{\"x\":" + std::string(500000, '[')), 400);
    EXPECT_EQ(status_of(R"([{"request_id":"a","x":[[1}]]}])"), 400);
    EXPECT_EQ(status_of(R"([{"request_id":"a","x":{"a":[1],2}}])"), 400);
    EXPECT_EQ(status_of(R"([{"request_id":"a","x":{a:1}}])"), 400);
}

/// Values of Python, Lua and C writers that JSON cannot represent affect no other record, and only
/// their own field.
TEST(IngestBody, TakesAWordWithoutQuotesForAFlawOfItsField) {
    for (const char* word : {"NaN",
                             "nan",
                             "-nan",
                             "Infinity",
                             "-Infinity",
                             "inf",
                             "None",
                             "True",
                             "undefined",
                             "0x10",
                             "1_000",
                             "1e",
                             "-",
                             "1.2.3",
                             "nul",
                             "nulll"}) {
        for (const char* field : {"cost",
                                  "tokens_in",
                                  "latency_ms",
                                  "status_code",
                                  "stream",
                                  "created_at",
                                  "client_ip",
                                  "master_id",
                                  "key_id",
                                  "model",
                                  "error",
                                  "other"}) {
            const ParsedBody out = read(std::string(R"([{"request_id":"a","tokens_out":7,")") +
                                        field + "\": " + word + R"( },{"request_id":"b"}])");
            ASSERT_EQ(out.rows.size(), 2U) << field << " " << word;
            EXPECT_EQ(out.rows.rows().front().tokens_out, 7) << field << " " << word;
            EXPECT_THAT(repaired_in(out), testing::ElementsAre(field)) << word;
        }
    }
    EXPECT_EQ(repaired(R"("cost":+1.5)").cost_nano, 1'500'000'000);
    EXPECT_EQ(repaired(R"("cost":.5)").cost_nano, 500'000'000);
    EXPECT_EQ(repaired(R"("cost":-.5)").cost_nano, 0);
    EXPECT_EQ(repaired(R"("cost":2.)").cost_nano, 2'000'000'000);
    EXPECT_EQ(repaired(R"("tokens_in":007)").tokens_in, 7);
    EXPECT_EQ(repaired(R"("key_id":+7)").key_id, 7);
    EXPECT_EQ(stored_text(R"("model":gpt-4.1)", kModelColumn, true), "gpt-4.1");
    for (const char* body : {"NaN", "hello", "1.", ""}) EXPECT_NE(status_of(body), 200) << body;
    EXPECT_EQ(status_of(R"([{request_id:"a"}])"), 400);
    EXPECT_EQ(status_of(R"([{"request_id":"a","cost":$1}])"), 400);
}

/// A text that contains an unescaped line break or other control character.
TEST(IngestBody, TakesAControlCharacterForAFlawOfItsText) {
    EXPECT_EQ(stored_text("\"model\":\"a\tb\\u0041\nc\"", kModelColumn, true), "a\tbA\nc");
    for (char c = 1; c < 0x20; ++c) {
        EXPECT_EQ(stored_text(std::string("\"error\":\"a") + c + "\"", kErrorColumn, true),
                  std::string("a") + c);
    }
    const ParsedBody out = read("[{\"request_id\":\"a\nb\",\"cost\":1},{\"request_id\":\"c\"}]");
    EXPECT_EQ(out.rows.size(), 2U);
    EXPECT_THAT(repaired_in(out), testing::ElementsAre("request_id"));
}

TEST(IngestBody, ReadsARecordALine) {
    const ParsedBody body = read_lines(
        "{\"request_id\":\"a\"}\r\n\n{\"request_id\":\"b\"}\n{oops\n{\"request_id\":\"c\"} x\n"
        "[{\"request_id\":\"d\"}]\n{\"request_id\":\"e\"}");
    EXPECT_EQ(body.rows.size(), 3U);
    ASSERT_EQ(body.refused.size(), 3U);
    EXPECT_EQ(body.refused[0].index, 2U);
    EXPECT_EQ(body.refused[0].code, "malformed_json");
    EXPECT_EQ(body.refused[1].index, 3U);
    EXPECT_EQ(body.refused[2].code, "type");
    EXPECT_EQ(read_lines("").rows.size(), 0U);
}

TEST(IngestBody, RefusesOtherTypesAndEncodings) {
    EXPECT_EQ(status_of("[]", "text/plain"), 415);
    EXPECT_EQ(status_of("[]", "application/json; charset=utf-8"), 200);
    EXPECT_EQ(status_of("[]", std::nullopt), 200);
    EXPECT_EQ(status_of("[]", "application/json", "br"), 415);
    EXPECT_EQ(status_of("[]", "application/json", "identity"), 200);
}

TEST(IngestBody, RefusesMoreRecordsThanTheQueueCanEverTake) {
    const BodyLimits two{.records = 2, .bytes = 1000};
    EXPECT_EQ(status_of("[1,2]", "application/json", std::nullopt, two), 200);
    EXPECT_EQ(status_of("[1,2,3]", "application/json", std::nullopt, two), 413);
    EXPECT_EQ(status_of("1\n2\n3", "application/x-ndjson", std::nullopt, two), 413);
}

TEST(IngestBody, InflatesGzip) {
    const std::string plain = R"([{"request_id":"a"}])";
    EXPECT_EQ(parse_body(gzip(plain), "application/json", "gzip", kLimits, kNow).rows.size(), 1U);
    EXPECT_EQ(gunzip(gzip("one") + gzip("two"), 100), "onetwo");
    EXPECT_EQ(gunzip(gzip(std::string(200000, 'x')), 1 << 20).size(), 200000U);
}

TEST(IngestBody, RefusesDamagedGzipAndBombs) {
    const std::string packed = gzip(R"([{"request_id":"a"}])");
    EXPECT_EQ(status_of("", "application/json", "gzip"), 400);
    EXPECT_EQ(status_of("[]", "application/json", "gzip"), 400);
    EXPECT_EQ(status_of(packed.substr(0, packed.size() - 3), "application/json", "gzip"), 400);
    EXPECT_EQ(status_of(packed + "trailing", "application/json", "gzip"), 400);
    std::string damaged = packed;
    damaged[packed.size() - 6] = static_cast<char>(damaged[packed.size() - 6] ^ 1);
    EXPECT_EQ(status_of(damaged, "application/json", "gzip"), 400);
    EXPECT_EQ(status_of(gzip(std::string(50 << 20, ' ')), "application/json", "gzip"), 413);
}

TEST(Decimal, IsExactToNinePlacesAndSaysWhereItIsNot) {
    const auto check = [](std::string_view text, std::int64_t value, bool exact) {
        const Scaled scaled = in_billionths(text);
        EXPECT_EQ(scaled.value, value) << text;
        EXPECT_EQ(scaled.exact, exact) << text;
    };
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    check("0", 0, true);
    check("-0.0", 0, true);
    check("1", 1'000'000'000, true);
    check("0.000000001", 1, true);
    check("0.1", 100'000'000, true);
    check("2.5e-9", 3, false);
    check("2.4e-9", 2, false);
    check("-2.5e-9", -3, false);
    check("4e-10", 0, false);
    check("5e-10", 1, false);
    check("5e-11", 0, false);
    check("5e-30", 0, false);
    check("123456.789e3", 123'456'789'000'000'000, true);
    check("0.12345678901234567890123", 123'456'789, false);
    check("0.1000000000000000000000000", 100'000'000, true);
    check("9223372036.854775807", kMost, true);
    check("9223372036.854775808", kMost, false);
    check("1e10", kMost, false);
    check("-1e10", -kMost, false);
    check("1e999999999999999999999", kMost, false);
    check("1e-999999999999999999999", 0, false);
    check("0e999999999999999999999", 0, true);
    check("123456789012345678901234567890e-30", 123'456'789, false);
    check("1" + std::string(100000, '0') + "e-100000", 1'000'000'000, true);
}

TEST(Decimal, KnowsWhatIsOne) {
    for (const char* text : {"0", "-1", "007", "1.5", "1e5", "1E+5", "-1.25e-7", ".5", "1.", "+1"})
        EXPECT_TRUE(is_decimal(text)) << text;
    for (const char* text : {"", "-", ".", "+.", "1e", "+-1", "0x1", "inf", "nan", "1 ", "1,5"})
        EXPECT_FALSE(is_decimal(text)) << text;
}

}  // namespace
}  // namespace ezapi::logs
