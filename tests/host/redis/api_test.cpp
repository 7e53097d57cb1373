// The ABI's table as a plugin in C sees it.
#include <array>

#include "ezapi/prefix.hpp"
#include "host/api/tables.hpp"
#include "host/modules/context.hpp"
#include "tests/host/redis/client_fixture.hpp"

namespace ezapi::host::redis {
namespace {

class ApiTest : public ClientTest {
protected:
    void SetUp() override {
        ClientTest::SetUp();
        components_.redis = client_.get();
        context_.plugin = "sync";
        context_.host = &components_;
    }

    ez_reply_view viewed(const ez_reply* reply) {
        ez_reply_view view = ezapi::sized<ez_reply_view>();
        redis_.view(reply, &view);
        return view;
    }

    const ez_redis_api& redis_ = api::kRedis;
    Components components_;
    ez_context context_;
    ez_error error_{};
};

TEST_F(ApiTest, RunsACommand) {
    const std::array words{str("ECHO"), str("hello")};
    const ez_command command{words.data(), words.size()};
    ez_reply* reply = nullptr;
    ASSERT_EQ(redis_.command(&context_, &command, 0, &reply, &error_), EZ_OK) << error_.message;
    EXPECT_EQ(viewed(reply).type, EZ_REPLY_STRING);
    EXPECT_EQ(view(viewed(reply).text), "hello");
    EXPECT_EQ(redis_.at(reply, 0), nullptr);
    redis_.reply_free(reply);
}

TEST_F(ApiTest, RunsAPipelineWithOneElementPerCommand) {
    const std::array incr{str("INCR"), str("n")};
    const std::array wrong{str("INCR"), str("a"), str("b")};
    const std::array commands{
        ez_command{incr.data(), 2}, ez_command{wrong.data(), 3}, ez_command{incr.data(), 2}};
    ez_reply* reply = nullptr;
    ASSERT_EQ(redis_.pipeline(&context_, commands.data(), commands.size(), 0, &reply, &error_),
              EZ_OK);
    ASSERT_EQ(viewed(reply).count, 3U);
    EXPECT_EQ(viewed(redis_.at(reply, 0)).integer, 1);
    EXPECT_EQ(viewed(redis_.at(reply, 1)).type, EZ_REPLY_ERROR);
    EXPECT_EQ(viewed(redis_.at(reply, 2)).integer, 2);
    redis_.reply_free(reply);
}

TEST_F(ApiTest, TakesNullForANilReplyAndRefusesACallWithoutItsParts) {
    ez_reply_view view{sizeof(ez_reply_view), EZ_REPLY_ARRAY, 7, str("left over"), 3};
    redis_.view(nullptr, &view);
    EXPECT_EQ(view.type, EZ_REPLY_NIL);
    EXPECT_EQ(view.count, 0U);
    redis_.view(nullptr, nullptr);
    EXPECT_EQ(redis_.at(nullptr, 0), nullptr);
    const std::array words{str("PING")};
    const ez_command command{words.data(), words.size()};
    const ez_command wordless{nullptr, 2};
    const ez_command empty{nullptr, 0};
    ez_reply* reply = nullptr;
    EXPECT_EQ(redis_.command(&context_, nullptr, 0, &reply, &error_), EZ_INVALID);
    EXPECT_EQ(redis_.command(&context_, &command, 0, nullptr, &error_), EZ_INVALID);
    EXPECT_EQ(redis_.command(&context_, &wordless, 0, &reply, &error_), EZ_INVALID);
    EXPECT_EQ(redis_.command(&context_, &empty, 0, &reply, &error_), EZ_INVALID);
    EXPECT_EQ(redis_.pipeline(&context_, nullptr, 1, 0, &reply, &error_), EZ_INVALID);
    EXPECT_EQ(redis_.pipeline(&context_, &command, 1, 0, nullptr, &error_), EZ_INVALID);
    EXPECT_EQ(reply, nullptr);
    ASSERT_EQ(redis_.pipeline(&context_, nullptr, 0, 0, &reply, &error_), EZ_OK);
    for (const size_t index : {size_t{0}, size_t{1}, SIZE_MAX})
        EXPECT_EQ(redis_.at(reply, index), nullptr);
    redis_.reply_free(reply);
}

TEST_F(ApiTest, ReportsAnAbsentClientAndFreesNothing) {
    components_.redis = nullptr;
    const std::array words{str("PING")};
    const ez_command command{words.data(), words.size()};
    ez_reply* reply = nullptr;
    EXPECT_EQ(redis_.command(&context_, &command, 0, &reply, &error_), EZ_UNAVAILABLE);
    EXPECT_EQ(reply, nullptr);
    redis_.reply_free(nullptr);
}

}  // namespace
}  // namespace ezapi::host::redis
