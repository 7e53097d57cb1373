#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backfill/watch.hpp"
#include "delivery/redis_writer.hpp"
#include "ezapi/base/crypto.hpp"
#include "ezapi/json.hpp"
#include "ledger/recorder.hpp"

namespace ezapi::sync {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ez_change change(std::string_view resource, std::string_view id) {
    return {sizeof(ez_change), EZ_TOUCHED, str(resource), str(id), str({}), str({})};
}

TEST(Recorder, TakesEachEntityOfLiveProjectionsOnceInOrder) {
    const std::vector<ez_change> changes{change("config:providers", "9"),
                                         change("masters", "1"),
                                         change("config:providers", "10"),
                                         change("auth:token", "ff"),
                                         change("config:providers", "9")};

    EXPECT_THAT(concerned(changes, {"config:providers", "auth:token", "auth:master"}),
                ElementsAre(Entity{"auth:token", "ff"},
                            Entity{"config:providers", "10"},
                            Entity{"config:providers", "9"}));
}

TEST(Recorder, TakesNothingOfWhatNobodyProjects) {
    const std::vector<ez_change> changes{change("masters", "1")};

    EXPECT_THAT(concerned(changes, {"auth:master"}), IsEmpty());
}

TEST(Writer, NamesTheKeyThatHoldsAnEntity) {
    EXPECT_EQ(active_key({"config:providers", "42"}, Layout::field), "config:providers");
    EXPECT_EQ(active_key({"auth:token", "ff"}, Layout::hash), "auth:token:ff");
    EXPECT_EQ(active_key({"meta", "models_meta"}, Layout::plain_hash), "meta:models_meta");
}

TEST(Writer, AnnouncesAChangeAsTheContractSays) {
    EXPECT_EQ(Json::parse(refresh_event("auth:\"x", 9007199254740993, "auth:\"x:1", 1734464000)),
              (Json{{"resource", "auth:\"x"},
                    {"version", 9007199254740993},
                    {"active_key", "auth:\"x:1"},
                    {"timestamp", 1734464000}}));
}

TEST(Writer, TellsConditionsOfTheServerFromFaultsOfACommand) {
    EXPECT_TRUE(tells_of_server("LOADING Redis is loading the dataset in memory"));
    EXPECT_TRUE(tells_of_server("READONLY You can't write against a read only replica."));
    EXPECT_TRUE(tells_of_server("OOM command not allowed when used memory > 'maxmemory'."));
    EXPECT_FALSE(tells_of_server("WRONGTYPE Operation against a key holding the wrong kind"));
    EXPECT_FALSE(tells_of_server("ERR Error running script"));
}

TEST(Scripts, AreKnownByTheirSha1) {
    EXPECT_EQ(sha1_hex("return 1"), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

class StaleTest : public ::testing::Test {
protected:
    [[nodiscard]] std::vector<std::string> result() const { return stale(redis_, state_, live_); }

    std::vector<std::string> live_{"auth:token", "config:providers"};
    RedisView redis_{"run",
                     "e1",
                     7,
                     {{"auth:token", "e1"}, {"config:providers", "e1"}},
                     {{"auth:token", "f1"}, {"config:providers", "f2"}},
                     {}};
    SyncState state_{
        "e1", 7, 9, "run", std::nullopt, "", {{"auth:token", "f1"}, {"config:providers", "f2"}}};
};

TEST_F(StaleTest, NothingIsWhenRedisHoldsWhatWasToldToIt) {
    EXPECT_THAT(result(), IsEmpty());
}

TEST_F(StaleTest, AllIsWhenRedisHasLostItsData) {
    redis_ = {"run", "", 0, {}, {}, {}};
    EXPECT_EQ(result(), live_);
}

TEST_F(StaleTest, AllIsWhenAnotherDatabaseFilledRedis) {
    redis_.epoch = "e2";
    EXPECT_EQ(result(), live_);
}

TEST_F(StaleTest, AllIsWhenRedisWentBack) {
    redis_.revision = 6;
    EXPECT_EQ(result(), live_);
}

TEST_F(StaleTest, AllIsWhenAnotherServerAnswers) {
    redis_.run_id = "another";
    EXPECT_EQ(result(), live_);
}

TEST_F(StaleTest, NothingIsWhenTheServerDoesNotTellItsRunId) {
    redis_.run_id = "";
    EXPECT_THAT(result(), IsEmpty());
}

TEST_F(StaleTest, NothingIsWhenOnlyMetaSyncIsMissing) {
    redis_.epoch = "";
    redis_.revision = 0;
    EXPECT_THAT(result(), IsEmpty());
}

TEST_F(StaleTest, AResourceIsThatTheLastFullPushDidNotFillHere) {
    redis_.fills["auth:token"] = "of another database of the server";
    EXPECT_THAT(result(), ElementsAre("auth:token"));
}

TEST_F(StaleTest, AResourceIsNotWhileItsFillIsBeingReplaced) {
    redis_.fills["auth:token"] = "over:f3:f1";
    state_.fills["auth:token"] = "over:f3:f1";
    EXPECT_THAT(result(), IsEmpty());
}

TEST_F(StaleTest, AResourceIsWhenItsLastFullPushBeganElsewhere) {
    state_.fills["auth:token"] = "over:f3:f1";
    EXPECT_THAT(result(), ElementsAre("auth:token"));
}

TEST_F(StaleTest, AResourceIsWhileItIsFilledForTheFirstTime) {
    redis_.fills["auth:token"] = "into:f1";
    state_.fills["auth:token"] = "into:f1";
    EXPECT_THAT(result(), ElementsAre("auth:token"));
}

TEST_F(StaleTest, AResourceIsWhoseHashIsGone) {
    redis_.gone.insert("config:providers");
    EXPECT_THAT(result(), ElementsAre("config:providers"));
}

TEST_F(StaleTest, AResourceIsThatWasNeverFilled) {
    live_.emplace_back("my:things");
    EXPECT_THAT(result(), ElementsAre("my:things"));
}

}  // namespace
}  // namespace ezapi::sync
