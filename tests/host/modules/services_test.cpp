#include "host/modules/services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "ezapi/error.hpp"

namespace {

using namespace ezapi;
using host::modules::Services;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr uint32_t kTable[1] = {sizeof(kTable)};
constexpr uint32_t kTableWithoutSize[1] = {0};

class ServicesTest : public testing::Test {
protected:
    template <class Call>
    static std::string refusal(Call&& call) {
        ez_error error{};
        return guard(&error, std::forward<Call>(call)) == EZ_OK ? "accepted" : error.message;
    }

    static auto soon() { return std::chrono::steady_clock::now() + seconds(20); }

    Services services_;
    ez_service service_{kTable, &services_};
};

TEST_F(ServicesTest, AreFoundByADeclaredConsumerAsSoonAsTheyArePublished) {
    services_.declare("consumer", {"provider"});
    services_.publish("provider", "things/1", service_);
    EXPECT_EQ(services_.find("consumer", "things/1").self, &services_);
}

TEST_F(ServicesTest, AreRefusedToWhoDoesNotNameTheProvider) {
    services_.publish("provider", "things/1", service_);
    EXPECT_THAT(refusal([&] { static_cast<void>(services_.find("other", "things/1")); }),
                HasSubstr("is provided by provider: name it in depends_on or after"));
}

TEST_F(ServicesTest, AreNotFoundWhenNobodyProvidesThem) {
    EXPECT_EQ(guard(nullptr, [&] { static_cast<void>(services_.find("a", "things/1")); }),
              EZ_NOT_FOUND);
}

TEST_F(ServicesTest, BelongToOneProvider) {
    services_.publish("provider", "things/1", service_);
    EXPECT_THAT(refusal([&] { services_.publish("other", "things/1", service_); }),
                HasSubstr("is provided by provider already"));
}

TEST_F(ServicesTest, NeedAnIdWithAMajorAndATableWithItsSize) {
    for (const char* id : {"things", "things/", "/1", "things/0", "things/x", "Things/1"}) {
        EXPECT_THAT(refusal([&] { services_.publish("p", id, service_); }),
                    HasSubstr("expected name/major"))
            << id;
    }
    EXPECT_THAT(refusal([&] {
                    services_.publish("p", "a/1", {nullptr, nullptr});
                }),
                HasSubstr("is NULL"));
    EXPECT_THAT(refusal([&] {
                    services_.publish("p", "a/1", {kTableWithoutSize, nullptr});
                }),
                HasSubstr("does not begin with its size"));
}

TEST_F(ServicesTest, AreUsedByTheHostOnlyWhileTheyAreLive) {
    services_.publish("provider", "things/1", service_);
    EXPECT_FALSE(services_.use("things/1"));
    services_.activate("provider");
    EXPECT_TRUE(services_.use("things/1"));
    EXPECT_TRUE(services_.retire("provider", soon()));
    EXPECT_FALSE(services_.use("things/1"));
    services_.discard("provider");
    services_.publish("provider", "things/1", service_);
}

TEST_F(ServicesTest, AreNotRetiredDuringAUse) {
    services_.publish("provider", "things/1", service_);
    services_.activate("provider");
    auto pin = services_.use("things/1");
    ASSERT_TRUE(pin);
    EXPECT_FALSE(services_.retire("provider", std::chrono::steady_clock::now()));
    auto retired =
        std::async(std::launch::async, [&] { return services_.retire("provider", soon()); });
    pin.reset();
    EXPECT_TRUE(retired.get());
}

}  // namespace
