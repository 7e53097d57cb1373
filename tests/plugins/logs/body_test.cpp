// What POST /internal/logs makes of a body: which records it takes, which it refuses and why, and
// what ends it all.
#include "ingest/body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

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

/// The one refusal of a record with one more member.
Refusal refusal_of(const std::string& member) {
    const ParsedBody body = read(R"([{"request_id":"r",)" + member + R"(},{"request_id":"good"}])");
    EXPECT_EQ(body.rows.size(), 1U) << member;
    EXPECT_EQ(body.refused.size(), 1U) << member;
    return body.refused.empty() ? Refusal{} : body.refused.front();
}

RowBlock::Row row_of(const std::string& member) {
    const ParsedBody body = read(R"([{"request_id":"r",)" + member + "}]");
    EXPECT_TRUE(body.refused.empty()) << member << ": " << body.refused.front().message;
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
    EXPECT_EQ(refusal_of(R"("created_at":"yesterday")").code, "format");
    EXPECT_EQ(refusal_of(R"("created_at":"1969-12-31T23:59:59Z")").code, "range");
    EXPECT_EQ(refusal_of(R"("created_at":1700000000123456)").code, "range");
    EXPECT_EQ(refusal_of(R"("created_at":true)").code, "type");
}

TEST(IngestBody, RefusesARecordFromMoreThanADayAhead) {
    EXPECT_EQ(row_of(R"("created_at":"2026-02-03T02:40:00Z")").created_us, kNow + 86'400'000'000);
    const Refusal refusal = refusal_of(R"("created_at":"2026-02-03T02:40:01Z")");
    EXPECT_EQ(refusal.code, "range");
    EXPECT_EQ(refusal.message,
              "created_at: expected at most 24 hours after the arrival, thus up to "
              "2026-02-03T02:40:00.000Z, found '2026-02-03T02:40:01Z'");
    EXPECT_EQ(refusal_of(R"("created_at":1770086400001)").code, "range");
    EXPECT_EQ(refusal_of(R"("created_at":253402300799999)").code, "range");
    EXPECT_EQ(refusal_of(R"("created_at":"9999-12-31T23:59:59Z")").code, "range");
    EXPECT_EQ(refusal_of(R"("created_at":"9999-12-31T23:59:59-23:00")").code, "range");
}

TEST(IngestBody, RefusesABadRecordByItsIndexAndKeepsTheOthers) {
    const ParsedBody body = read(R"([{"request_id":"a"},7,{"request_id":"b"},{"request_id":1}])");
    EXPECT_EQ(body.rows.size(), 2U);
    EXPECT_EQ(body.rows.rows()[1].index, 2U);
    ASSERT_EQ(body.refused.size(), 2U);
    EXPECT_EQ(body.refused[0].index, 1U);
    EXPECT_EQ(body.refused[1].index, 3U);
    EXPECT_THAT(body.refused[1].message, HasSubstr("request_id: expected a text"));
}

TEST(IngestBody, RefusesWrongTypesRangesLengthsAndNames) {
    EXPECT_EQ(refusal_of(R"("colour":"red")").code, "unknown");
    EXPECT_EQ(refusal_of(R"("colour":{"deep":[1,{"x":2}]})").code, "unknown");
    EXPECT_EQ(refusal_of(R"("model":"a","model":"b")").code, "duplicate");
    EXPECT_EQ(refusal_of(R"("model":7)").code, "type");
    EXPECT_EQ(refusal_of(R"("model":["x"])").code, "type");
    EXPECT_EQ(refusal_of(R"("stream":"yes")").code, "type");
    EXPECT_EQ(refusal_of(R"("tokens_in":"7")").code, "type");
    EXPECT_EQ(refusal_of(R"("tokens_in":7.5)").code, "type");
    EXPECT_EQ(refusal_of(R"("tokens_in":-1)").code, "range");
    EXPECT_EQ(refusal_of(R"("tokens_in":99999999999999999999)").code, "range");
    EXPECT_EQ(refusal_of(R"("master_id":0)").code, "range");
    EXPECT_EQ(refusal_of(R"("status_code":99)").code, "range");
    EXPECT_EQ(refusal_of(R"("status_code":600)").code, "range");
    EXPECT_EQ(refusal_of(R"("latency_ms":2147483648)").code, "range");
    EXPECT_EQ(refusal_of(R"("tokens_in":1000000001)").code, "range");
    EXPECT_EQ(row_of(R"("tokens_in":1000000000)").tokens_in, 1'000'000'000);
    EXPECT_EQ(refusal_of(R"("cost":1000.000000001)").code, "range");
    EXPECT_EQ(row_of(R"("cost":1000)").cost_nano, 1'000'000'000'000);
    EXPECT_EQ(refusal_of(R"("cost":-0.1)").code, "range");
    EXPECT_EQ(refusal_of(R"("cost":1e999999999999)").code, "range");
    EXPECT_EQ(refusal_of(R"("client_ip":"10.0.0.256")").code, "format");
    EXPECT_EQ(refusal_of("\"model\":\"" + std::string(256, 'm') + "\"").code, "length");
    EXPECT_EQ(refusal_of("\"error\":\"" + std::string(8193, 'e') + "\"").code, "length");
}

TEST(IngestBody, SaysWhatWasExpectedAndFound) {
    EXPECT_EQ(refusal_of(R"("model":["x"])").message, "model: expected a text, found array");
    EXPECT_EQ(refusal_of(R"("tokens_in":7.5)").message,
              "tokens_in: expected a whole number, found '7.5'");
    EXPECT_EQ(refusal_of(R"("status_code":600)").message,
              "status_code: expected 100 to 599, found '600'");
    EXPECT_EQ(refusal_of(R"("created_at":"yesterday")").message,
              "created_at: expected a time like 2026-01-02T03:04:05Z, found 'yesterday'");
    EXPECT_EQ(refusal_of(R"("created_at":"1969-12-31T23:59:59Z")").message,
              "created_at: expected a time between 1970 and 9999, found '1969-12-31T23:59:59Z'");
    EXPECT_EQ(refusal_of("\"client_ip\":\"\u00e4" + std::string(42, '0') + "\"").message,
              "client_ip: expected an IPv4 or IPv6 address, found '\xc3\xa4" +
                  std::string(35, '0') + "...'");
    EXPECT_EQ(refusal_of("\"client_ip\":\"" + std::string(47, '0') + "\"").code, "length");
}

TEST(IngestBody, RefusesTextsThatPostgresCannotHold) {
    EXPECT_EQ(refusal_of("\"model\":\"a\\u0000b\"").code, "format");
    EXPECT_EQ(refusal_of("\"model\":\"\xff\"").code, "format");
    EXPECT_EQ(refusal_of("\"model\":\"\xc0\xaf\"").code, "format");      // overlong
    EXPECT_EQ(refusal_of("\"model\":\"\xed\xa0\x80\"").code, "format");  // half a surrogate pair
    EXPECT_EQ(refusal_of("\"model\":\"\\ud800\"").code, "format");
    EXPECT_EQ(refusal_of("\"model\":\"\\ud800\\u0041\"").code, "format");
    EXPECT_EQ(refusal_of("\"model\":\"\\udc00\"").code, "format");
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
                             "[01]",
                             "[1.]",
                             "[1e]",
                             "[-]",
                             "[tru]",
                             "[\"\\x\"]",
                             "[\"\\u12g4\"]",
                             "[\"\n\"]",
                             "[\"",
                             "[nul]",
                             "[+1]",
                             "[.5]",
                             "[{\"request_id\":\"a\",}]"})
        EXPECT_EQ(status_of(body), 400) << body;
    EXPECT_EQ(status_of("{}"), 422);
    EXPECT_EQ(status_of("[]"), 200);
    EXPECT_EQ(status_of(" [ ] \n"), 200);
}

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
            ASSERT_TRUE(status == 422 || (status == 400) != strict) << body;  // 422: no array
        }
    }
}

TEST(IngestBody, BoundsDepth) {
    const auto nested = [](size_t levels) {
        return R"([{"request_id":"a","x":)" + std::string(levels, '[') + std::string(levels, ']') +
               "}]";
    };
    EXPECT_EQ(status_of(nested(62)), 200);
    EXPECT_EQ(status_of(nested(63)), 400);
    EXPECT_EQ(status_of("[{\"x\":" + std::string(500000, '[')), 400);
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

TEST(Decimal, IsExactToNinePlaces) {
    EXPECT_EQ(in_billionths("0"), 0);
    EXPECT_EQ(in_billionths("-0.0"), 0);
    EXPECT_EQ(in_billionths("1"), 1'000'000'000);
    EXPECT_EQ(in_billionths("0.000000001"), 1);
    EXPECT_EQ(in_billionths("0.1"), 100'000'000);
    EXPECT_EQ(in_billionths("2.5e-9"), 3);
    EXPECT_EQ(in_billionths("2.4e-9"), 2);
    EXPECT_EQ(in_billionths("-2.5e-9"), -3);
    EXPECT_EQ(in_billionths("4e-10"), 0);
    EXPECT_EQ(in_billionths("5e-10"), 1);
    EXPECT_EQ(in_billionths("5e-11"), 0);
    EXPECT_EQ(in_billionths("123456.789e3"), 123'456'789'000'000'000);
    EXPECT_EQ(in_billionths("1e10"), std::nullopt);
    EXPECT_EQ(in_billionths("1e999999"), std::nullopt);
    EXPECT_EQ(in_billionths("1e-999999"), 0);
    EXPECT_EQ(in_billionths("0e5"), 0);
}

}  // namespace
}  // namespace ezapi::logs
