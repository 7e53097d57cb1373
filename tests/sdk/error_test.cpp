#include "ezapi/error.hpp"

#include <gtest/gtest.h>

namespace ezapi {
namespace {

TEST(Error, MapsEachStatusToOneHttpStatus) {
    const std::pair<ez_status, int> expected[] = {{EZ_INVALID, 400},
                                                  {EZ_UNAUTHENTICATED, 401},
                                                  {EZ_DENIED, 403},
                                                  {EZ_NOT_FOUND, 404},
                                                  {EZ_CONFLICT, 409},
                                                  {EZ_EXHAUSTED, 429},
                                                  {EZ_UNAVAILABLE, 503},
                                                  {EZ_TIMEOUT, 503},
                                                  {EZ_INTERNAL, 500},
                                                  {12345, 500}};
    for (const auto& [status, http] : expected)
        EXPECT_EQ(Error(status, "x").http_status(), http) << status;
}

TEST(Error, SurvivesTheWayThroughTheAbi) {
    const Error sent = Error(EZ_CONFLICT, "name 'acme': taken")
                           .with_http(412)
                           .with_code("unique")
                           .with_field("name")
                           .with_sqlstate("23505");
    ez_error raw{};

    const ez_status status = to_abi(sent, &raw);
    const Error received = from_abi(status, raw);

    EXPECT_EQ(received.status(), EZ_CONFLICT);
    EXPECT_EQ(received.http_status(), 412);
    EXPECT_EQ(received.code(), "unique");
    EXPECT_EQ(received.field(), "name");
    EXPECT_EQ(received.sqlstate(), "23505");
    EXPECT_STREQ(received.what(), "name 'acme': taken");
}

TEST(Error, IsCutToTheRoomOfTheCaller) {
    ez_error raw{};
    to_abi(Error(EZ_INVALID, std::string(5000, 'a')).with_code(std::string(100, 'c')), &raw);

    EXPECT_EQ(std::string(raw.message).size(), sizeof raw.message - 1);
    EXPECT_EQ(std::string(raw.code).size(), sizeof raw.code - 1);
}

TEST(Error, IsNotCutInsideACharacter) {
    std::string message(sizeof(ez_error::message) - 2, 'a');
    message += "€ and more";
    ez_error raw{};
    to_abi(Error(EZ_INVALID, message), &raw);

    EXPECT_EQ(std::string(raw.message), std::string(sizeof raw.message - 2, 'a'));
}

TEST(Guard, LeavesTheErrorAloneWhenNothingIsThrown) {
    ez_error raw{};
    raw.http_status = 77;
    EXPECT_EQ(guard(&raw, [] {}), EZ_OK);
    EXPECT_EQ(raw.http_status, 77);
}

TEST(Guard, TurnsWhateverIsThrownIntoAStatus) {
    ez_error raw{};
    EXPECT_EQ(guard(&raw, [] { throw Error(EZ_DENIED, "no"); }), EZ_DENIED);
    EXPECT_STREQ(raw.message, "no");
    EXPECT_EQ(guard(&raw, [] { throw std::runtime_error("broken"); }), EZ_INTERNAL);
    EXPECT_STREQ(raw.message, "broken");
    EXPECT_EQ(guard(&raw, [] { throw std::bad_alloc(); }), EZ_UNAVAILABLE);
    EXPECT_EQ(guard(&raw, [] { throw 7; }), EZ_INTERNAL);
    EXPECT_EQ(guard(nullptr, [] { throw 7; }), EZ_INTERNAL);
}

TEST(Check, ThrowsWhatTheCallReports) {
    try {
        check([](ez_error* error) {
            return to_abi(Error(EZ_EXHAUSTED, "full").with_code("queue_full"), error);
        });
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.status(), EZ_EXHAUSTED);
        EXPECT_EQ(error.code(), "queue_full");
        EXPECT_STREQ(error.what(), "full");
    }
    EXPECT_NO_THROW(check([](ez_error*) { return EZ_OK; }));
}

}  // namespace
}  // namespace ezapi
