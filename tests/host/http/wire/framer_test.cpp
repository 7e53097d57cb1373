#include "host/http/wire/framer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ezapi::host::http {
namespace {

struct Outcome {
    std::vector<Request> requests;
    int fault = 0;
    int continues = 0;
};

void advance_all(Framer& framer, Outcome& outcome) {
    while (outcome.fault == 0) {
        switch (framer.advance()) {
            case Framer::Step::kNeedMore:
                return;
            case Framer::Step::kHead:
                break;
            case Framer::Step::kContinue:
                ++outcome.continues;
                break;
            case Framer::Step::kRequest:
                outcome.requests.push_back(framer.take());
                break;
            case Framer::Step::kFault:
                outcome.fault = framer.fault().status;
                break;
        }
    }
}

Outcome frame(const std::vector<std::string>& parts, const Limits& limits = {}) {
    Framer framer(limits);
    Outcome outcome;
    for (const auto& part : parts) {
        framer.feed(part);
        advance_all(framer, outcome);
    }
    return outcome;
}

std::string get(const std::string& target, const std::string& fields = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

struct Case {
    const char* name;
    std::string bytes;
    int status;  // of the fault; 0: whole requests only
};

class HostileInput : public ::testing::TestWithParam<Case> {};

TEST_P(HostileInput, GetsItsVerdictWholeAndByteByByte) {
    const Case& test = GetParam();
    std::vector<std::string> bytes;
    for (const char c : test.bytes) bytes.emplace_back(1, c);

    EXPECT_EQ(frame({test.bytes}).fault, test.status);
    EXPECT_EQ(frame(bytes).fault, test.status);
    EXPECT_EQ(frame({test.bytes}).requests.size(), frame(bytes).requests.size());
}

std::string fields(size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += "X-" + std::to_string(i) + ": 1\r\n";
    return text;
}

std::string chunked(const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

std::string sized(const std::string& length, const std::string& body = {}) {
    return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n" + body;
}

const Case kCases[] = {
    {"PlainGet", get("/"), 0},
    {"OneEmptyLineBefore", "\r\n" + get("/"), 0},
    {"TwoEmptyLinesBefore", "\r\n\r\n" + get("/"), 400},
    {"Http10WithoutHost", "GET / HTTP/1.0\r\n\r\n", 0},
    {"Http11WithoutHost", "GET / HTTP/1.1\r\n\r\n", 400},
    {"TwoHosts", get("/", "Host: b\r\n"), 400},
    {"Http2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"Http09", "GET /\r\nHost: a\r\n\r\n", 400},
    {"VersionInLowerCase", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"VersionWithLetter", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400},
    {"VersionHalf", "GET / H\r\nHost: a\r\n\r\n", 400},
    {"NoVersion", "GET / \r\nHost: a\r\n\r\n", 400},
    {"TwoBlanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"TabInRequestLine", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"BlankBeforeMethod", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"MethodWithBracket", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"MethodTooLong", std::string(40, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"AbsoluteForm", get("http://a/"), 0},
    {"AbsoluteFormWithPort", get("HTTPS://a:8080/b?c=d"), 0},
    {"AbsoluteFormWithoutPath", get("http://a"), 0},
    {"AbsoluteFormOfAnotherScheme", get("ftp://a/"), 400},
    {"AbsoluteFormWithoutHost", get("http:///admin"), 400},
    {"AbsoluteFormWithUser", get("http://user@a/"), 400},
    {"AbsoluteFormWithBadAddress", get("http://[::::]/"), 400},
    {"AbsoluteFormWithFragment", get("http://a#b"), 400},
    {"AbsoluteFormWithDoubleSlash", get("http://a//admin"), 400},
    {"AuthorityForm", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"AsteriskForm", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"AsteriskFormOfGet", get("*"), 400},
    {"UnknownMethod", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"TraceMethod", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"MethodInLowerCase", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"Http10WithBadHost", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400},
    {"TargetWithoutSlash", get("admin"), 400},
    {"TargetWithLeadingLetter", get("Xadmin"), 400},
    {"DoubleSlash", get("//admin"), 400},
    {"InnerDoubleSlash", get("/a//b"), 400},
    {"ManySlashes", get(std::string(8000, '/')), 400},
    {"DotSegment", get("/a/./b"), 400},
    {"DoubleDotSegment", get("/a/../b"), 400},
    {"EncodedDotSegment", get("/a/%2e%2E/b"), 400},
    {"HalfEncodedDotSegment", get("/a/.%2e"), 400},
    {"StrayPercent", get("/a%"), 400},
    {"PercentWithOneDigit", get("/a%4"), 400},
    {"PercentWithLetter", get("/a%4g"), 400},
    {"EncodedNul", get("/a%00"), 400},
    {"EncodedLineEnd", get("/a%0d%0ab"), 400},
    {"EncodedNulInQuery", get("/a?q=%00"), 400},
    {"EncodedLineEndInQuery", get("/a?q=%0A"), 0},
    {"NotUtf8", get("/%ff"), 400},
    {"OverlongUtf8", get("/%c0%af"), 400},
    {"QueryNotUtf8", get("/?q=%ff"), 400},
    {"EncodedSlash", get("/models/openai%2Fgpt"), 0},
    {"Fragment", get("/a#b"), 400},
    {"RawByteAbove7f", get("/\xc3\xa9"), 400},
    {"Backslash", get("/a\\b"), 400},
    {"LongTarget", get("/" + std::string(9000, 'a')), 414},
    {"LongTargetWithoutEnd", "GET /" + std::string(9000, 'a'), 414},
    {"HeadTooLarge", get("/", "X: " + std::string(17000, 'a') + "\r\n"), 431},
    {"HundredFields", get("/", fields(99)), 0},
    {"HundredAndOneFields", get("/", fields(100)), 431},
    {"BlankBeforeColon", get("/", "Content-Length : 5\r\n"), 400},
    {"EmptyName", get("/", ": 5\r\n"), 400},
    {"NoColon", get("/", "Hello\r\n"), 400},
    {"FoldedLine", get("/", "X: a\r\n b\r\n"), 400},
    {"FoldedLineFirst", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"NulInValue", get("/", std::string("X: a\0b\r\n", 8)), 400},
    {"NulInName", get("/", std::string("X\0: a\r\n", 7)), 400},
    {"DeleteInValue", get("/", "X: \x7f\r\n"), 400},
    {"BareLfHead", "GET / HTTP/1.1\nHost: a\n\n", 400},
    {"BareLfInHead", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
    {"BareCrInHead", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400},
    {"BareCrAtStart", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"SizedBody", sized("5", "hello"), 0},
    {"SizedBodyMissing", sized("5", "hel"), 0},
    {"LengthWithSign", sized("+5", "hello"), 400},
    {"LengthNegative", sized("-1"), 400},
    {"LengthLetters", sized("abc"), 400},
    {"LengthTrailingLetters", sized("5abc", "hello"), 400},
    {"LengthHex", sized("0x5", "hello"), 400},
    {"LengthList", sized("5, 5", "hello"), 400},
    {"LengthEmpty", sized("", "hello"), 400},
    {"LengthHuge", sized("99999999999999999999"), 400},
    {"LengthOverLimit", sized("16777217"), 413},
    {"TwoLengths", sized("5\r\nContent-Length: 5", "hello"), 400},
    {"TwoDifferentLengths", sized("5\r\nContent-Length: 6", "hello"), 400},
    {"LengthAndChunks", sized("5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400},
    {"ChunksAndLength", chunked("").insert(17, "Content-Length: 5\r\n"), 400},
    {"CodingIdentity", sized("0\r\nTransfer-Encoding: identity"), 400},
    {"CodingGzipChunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     400},
    {"CodingTwice",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n",
     400},
    {"CodingWithVerticalTab",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n",
     400},
    {"CodingInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"ChunkedEmpty", chunked("0\r\n\r\n"), 0},
    {"ChunkedBody", chunked("5\r\nhello\r\n0\r\n\r\n"), 0},
    {"ChunkedUpperHex", chunked("A\r\n0123456789\r\n0\r\n\r\n"), 0},
    {"ChunkedLeadingZeros", chunked("005\r\nhello\r\n0\r\n\r\n"), 0},
    {"ChunkedExtension", chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), 0},
    {"ChunkedTrailer", chunked("0\r\nX-Sum: 1\r\n\r\n"), 0},
    {"ChunkedNoSize", chunked("\r\nhello"), 400},
    {"ChunkedBadSize", chunked("xyz\r\n"), 400},
    {"ChunkedNegative", chunked("-1\r\n"), 400},
    {"ChunkedHexPrefix", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
    {"ChunkedBlankAfterSize", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
    {"ChunkedSizeOverflow", chunked("FFFFFFFFFFFFFFFFF\r\n"), 413},
    {"ChunkedOverLimit", chunked("1000001\r\n"), 413},
    {"ChunkedDataTooLong", chunked("5\r\nhelloX\r\n0\r\n\r\n"), 400},
    {"ChunkedBareLf", chunked("5\nhello\n0\n\n"), 400},
    {"ChunkedBareLfAfterData", chunked("5\r\nhello\n0\r\n\r\n"), 400},
    {"ChunkedLongExtension", chunked("5;" + std::string(300, 'a') + "\r\nhello\r\n0\r\n\r\n"), 400},
    {"ChunkedControlInExtension", chunked("5;a\x01\r\nhello\r\n0\r\n\r\n"), 400},
    {"ChunkedTrailerWithoutColon", chunked("0\r\nX-Sum\r\n\r\n"), 400},
    {"ChunkedTrailerWithoutName", chunked("0\r\n: 1\r\n\r\n"), 400},
    {"ChunkedTrailerBareLf", chunked("0\r\nX: 1\n\r\n"), 400},
    {"ChunkedTrailerTooLong", chunked("0\r\nX: " + std::string(9000, 'a') + "\r\n\r\n"), 431},
    {"ExpectUnknown", get("/", "Expect: magic\r\n"), 417},
};

INSTANTIATE_TEST_SUITE_P(Framer, HostileInput, ::testing::ValuesIn(kCases), [](const auto& test) {
    return std::string(test.param.name);
});

TEST(Framer, DecodesChunksWhereverTheyAreCut) {
    const std::string bytes =
        chunked("5;x=1\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n") + get("/next");
    for (size_t first = 0; first <= bytes.size(); ++first) {
        for (size_t second = first; second <= bytes.size(); ++second) {
            const auto outcome = frame({bytes.substr(0, first),
                                        bytes.substr(first, second - first),
                                        bytes.substr(second)});
            ASSERT_EQ(outcome.fault, 0) << first << " " << second;
            ASSERT_EQ(outcome.requests.size(), 2U) << first << " " << second;
            ASSERT_EQ(outcome.requests[0].body, "hello, world") << first << " " << second;
            ASSERT_EQ(outcome.requests[1].head.target, "/next");
        }
    }
}

TEST(Framer, DeliversPipelinedRequestsInOrder) {
    std::string bytes;
    for (int i = 0; i < 100; ++i) bytes += get("/" + std::to_string(i));
    const auto outcome = frame({bytes});
    ASSERT_EQ(outcome.requests.size(), 100U);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(outcome.requests[static_cast<size_t>(i)].head.target, "/" + std::to_string(i));
    }
}

TEST(Framer, ReadsNothingAfterAFault) {
    const auto outcome = frame({sized("99999999") + get("/admin"), get("/admin")});
    EXPECT_EQ(outcome.fault, 413);
    EXPECT_TRUE(outcome.requests.empty());
}

TEST(Framer, AppliesTheLimitOfTheRoute) {
    Framer framer(Limits{});
    framer.feed(sized("10", "0123456789"));
    ASSERT_EQ(framer.advance(), Framer::Step::kHead);
    framer.set_body_limit(9);
    ASSERT_EQ(framer.advance(), Framer::Step::kFault);
    EXPECT_EQ(framer.fault().status, 413);
}

TEST(Framer, AppliesTheLimitToAllChunksTogether) {
    Limits limits;
    limits.body_bytes = 9;
    EXPECT_EQ(frame({chunked("5\r\nhello\r\n4\r\n1234\r\n0\r\n\r\n")}, limits).fault, 0);
    EXPECT_EQ(frame({chunked("5\r\nhello\r\n5\r\n12345\r\n0\r\n\r\n")}, limits).fault, 413);
}

TEST(Framer, DropsTheBodyOfARequestThatIsTakenWithoutIt) {
    const std::string bytes = sized("30", std::string(30, 'x')) + get("/next");
    const size_t head = sized("30").size();
    for (size_t cut = head; cut <= bytes.size(); ++cut) {
        Framer framer(Limits{});
        framer.feed(bytes.substr(0, cut));
        ASSERT_EQ(framer.advance(), Framer::Step::kHead);
        const Request refused = framer.take_without_body();
        EXPECT_EQ(refused.head.content_length, 30U);
        EXPECT_TRUE(refused.body.empty());
        EXPECT_TRUE(framer.dropping());
        Outcome outcome;
        advance_all(framer, outcome);
        framer.feed(bytes.substr(cut));
        advance_all(framer, outcome);
        ASSERT_EQ(outcome.fault, 0) << cut;
        ASSERT_EQ(outcome.requests.size(), 1U) << cut;
        EXPECT_EQ(outcome.requests[0].head.target, "/next");
        EXPECT_EQ(framer.buffered(), 0U);
    }
}

TEST(Framer, KeepsLittleMemoryBetweenRequests) {
    Framer framer(Limits{});
    std::string bytes;
    for (int i = 0; i < 2000; ++i) bytes += get("/" + std::to_string(i));
    Outcome outcome;
    framer.feed(bytes);
    advance_all(framer, outcome);
    EXPECT_EQ(outcome.requests.size(), 2000U);
    EXPECT_LE(framer.capacity(), 16U * 1024);
}

TEST(Framer, TakesNoChunkWhereNoBodyIsTaken) {
    for (const auto& [body, status] : {std::pair{"0\r\n\r\n", 0}, {"1\r\nx\r\n0\r\n\r\n", 400}}) {
        Framer framer(Limits{});
        framer.feed(chunked(body));
        ASSERT_EQ(framer.advance(), Framer::Step::kHead);
        framer.set_body_limit(0);
        Outcome outcome;
        advance_all(framer, outcome);
        EXPECT_EQ(outcome.fault, status);
    }
}

TEST(Framer, SaysContinueOnceAndOnlyWhenTheBodyIsAwaited) {
    const std::string head =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    EXPECT_EQ(frame({head, "he", "llo"}).continues, 1);
    EXPECT_EQ(frame({head + "hello"}).continues, 0);
    EXPECT_EQ(frame({get("/", "Expect: 100-continue\r\n")}).continues, 0);
}

TEST(Framer, RefusesATooLargeBodyInsteadOfContinuing) {
    const auto outcome = frame(
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"});
    EXPECT_EQ(outcome.continues, 0);
    EXPECT_EQ(outcome.fault, 413);
}

TEST(Head, DecidesPersistenceByVersionAndConnection) {
    const auto keeps = [](const std::string& bytes) {
        return frame({bytes}).requests.at(0).head.keep_alive;
    };
    EXPECT_TRUE(keeps(get("/")));
    EXPECT_TRUE(keeps(get("/", "Connection: upgrade\r\n")));
    EXPECT_FALSE(keeps(get("/", "Connection: x, Close\r\n")));
    EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST(Head, JudgesTheHost) {
    const auto fault = [](const std::string& host) {
        return frame({"GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"}).fault;
    };
    for (const char* host : {"a",
                             "a.b-c.example",
                             "a_b",
                             "a:80",
                             "a:",
                             "10.0.0.1",
                             "10.0.0.1:65535",
                             "[::1]",
                             "[2001:db8::7]:443"}) {
        EXPECT_EQ(fault(host), 0) << host;
    }
    for (const char* host :
         {"",     "a b",     "a b/c",           "a/c",        "a?b",  "a#b",      "user@a",
          "a,b",  ":80",     "a:65536",         "a:-1",       "a:8x", "a:80:80",  "::1",
          "[::1", "[::1]80", "[::::]:99999999", "[10.0.0.1]", "[]",   "\xc3\xa9", "a%20b"}) {
        EXPECT_EQ(fault(host), 400) << host;
    }
    EXPECT_EQ(fault(std::string(256, 'a')), 400);
}

TEST(Head, ReadsTheAbsoluteFormAsTheOriginForm) {
    const auto target = [](const std::string& absolute) {
        return frame({get(absolute)}).requests.at(0).head.target;
    };
    EXPECT_EQ(target("http://a/admin/masters?limit=5"), "/admin/masters?limit=5");
    EXPECT_EQ(target("http://[::1]:8080/"), "/");
    EXPECT_EQ(target("https://a"), "/");
    EXPECT_EQ(target("http://a?b=c"), "/?b=c");
}

TEST(Head, JoinsFieldsOfOneNameInAnyCase) {
    const Head head = frame({get("/", "X-A:  1 \r\nx-a:2\r\n")}).requests.at(0).head;
    EXPECT_EQ(head.field("x-a"), "1, 2");
    EXPECT_EQ(head.field("x-b"), std::nullopt);
}

}  // namespace
}  // namespace ezapi::host::http
