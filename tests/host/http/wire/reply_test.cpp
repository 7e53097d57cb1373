#include "host/http/wire/reply.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "host/http/wire/problem.hpp"

namespace ezapi::host::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string value_of(const Reply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers) {
        if (equal_ignoring_case(key, name)) return value;
    }
    return {};
}

TEST(Reply, FormatsDates) {
    EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Reply, TellsTheLengthOfABodyThatHeadDoesNotSend) {
    const Reply reply{200, {}, "hello"};
    EXPECT_THAT(render_head(reply, {false, false, true}), HasSubstr("Content-Length: 5\r\n"));
}

TEST(Reply, HasNoLengthWithoutContent) {
    EXPECT_THAT(render_head({204, {}, {}}, {}), Not(HasSubstr("Content-Length")));
    EXPECT_THAT(render_head({304, {}, {}}, {}), Not(HasSubstr("Content-Length")));
    EXPECT_THAT(render_head({200, {}, {}}, {}), HasSubstr("Content-Length: 0\r\n"));
}

TEST(Reply, SaysWhetherTheConnectionStays) {
    EXPECT_THAT(render_head({}, {true, false, false}), HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(render_head({}, {false, true, false}), HasSubstr("Connection: keep-alive\r\n"));
    EXPECT_THAT(render_head({}, {false, false, false}), Not(HasSubstr("Connection:")));
}

TEST(Problem, FollowsRfc9457) {
    const Reply reply = to_reply(
        {422, "validation", "two faults", R"([{"field":"a","code":"type","message":"m"}])"},
        "id-1");
    EXPECT_EQ(value_of(reply, "Content-Type"), "application/problem+json");
    EXPECT_EQ(
        nlohmann::json::parse(reply.body),
        nlohmann::json::parse(R"({"type":"about:blank","title":"Unprocessable Content","status":422,
                "detail":"two faults","code":"validation","request_id":"id-1",
                "errors":[{"field":"a","code":"type","message":"m"}]})"));
}

TEST(Problem, KeepsTheCauseOfAnInternalFaultToItself) {
    const Reply reply =
        to_reply({500, "sql", "relation secret_table does not exist", "[1]"}, "id-1");
    EXPECT_THAT(reply.body, Not(HasSubstr("secret_table")));
    EXPECT_THAT(reply.body, Not(HasSubstr("errors")));
    EXPECT_THAT(reply.body, HasSubstr("id-1"));
}

TEST(Problem, CarriesTheHeadersOfItsStatus) {
    EXPECT_EQ(value_of(to_reply({401, {}, {}, {}}, "i"), "WWW-Authenticate"),
              "Bearer realm=\"ezapi\"");
    EXPECT_EQ(value_of(to_reply({503, {}, {}, {}}, "i"), "Retry-After"), "1");
    Problem later{429, {}, {}, {}};
    later.retry_after = 42;
    EXPECT_EQ(value_of(to_reply(later, "i"), "Retry-After"), "42");
}

TEST(Problem, SurvivesTextThatIsNotUtf8) {
    const Reply reply = to_reply({400, {}, "bad \xff byte", "no json"}, "i");
    EXPECT_EQ(nlohmann::json::parse(reply.body)["code"], "invalid");
}

}  // namespace
}  // namespace ezapi::host::http
