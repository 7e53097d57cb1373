// The realtime routes of the real server; this test plays the role of the data plane.
#include <gmock/gmock.h>

#include "ezapi/time.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Realtime : public InstanceTest {
protected:
    InstanceOptions options() const override { return {.plugins = {"masters", "logs"}}; }

    static json master() {
        static int last = 0;
        return admin().post("/admin/masters", {{"name", "rt-" + std::to_string(++last)}}).json();
    }

    static HttpAnswer ask(const json& id) {
        return admin().get("/admin/masters/" + id.dump() + "/realtime");
    }

    static void count_second(const json& id, std::int64_t second, int requests) {
        redis().command({"SET",
                         "rt:master:" + id.dump() + ":" + std::to_string(second),
                         std::to_string(requests),
                         "EX",
                         "120"});
    }
};

TEST_F(Realtime, IsZeroBeforeTheFirstRequest) {
    const HttpAnswer answer = ask(master()["id"]);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json(),
              json({{"requests", 0},
                    {"tokens_in", 0},
                    {"tokens_out", 0},
                    {"errors", 0},
                    {"qps", 0.0},
                    {"last_at", nullptr}}));
}

TEST_F(Realtime, ShowsTheCountersOfTheDataPlane) {
    const json one = master();
    redis().command({"HSET",
                     "rt:master:" + one["id"].dump(),
                     "requests",
                     "12",
                     "tokens_in",
                     "340",
                     "tokens_out",
                     "56",
                     "errors",
                     "1",
                     "last_at",
                     "1767323045"});
    const json shown = ask(one["id"]).json();
    EXPECT_EQ(shown["requests"], 12);
    EXPECT_EQ(shown["tokens_in"], 340);
    EXPECT_EQ(shown["tokens_out"], 56);
    EXPECT_EQ(shown["errors"], 1);
    EXPECT_EQ(shown["last_at"], "2026-01-02T03:04:05.000Z");

    HttpClient itself = instance().client(one["master_key"]);
    EXPECT_EQ(itself.get("/v1/realtime").json(), shown);
    EXPECT_EQ(ask(master()["id"]).json()["requests"], 0) << "of another master";
}

TEST_F(Realtime, RateIsOfTheLastCompleteSeconds) {
    const json id = master()["id"];
    // The five seconds before the server's current second are equal, whichever that is; older ones
    // do not count.
    const std::int64_t second = unix_seconds(now());
    for (std::int64_t at = second - 5; at <= second + 30; ++at) count_second(id, at, 40);
    for (std::int64_t at = second - 60; at < second - 5; ++at) count_second(id, at, 1000);
    EXPECT_EQ(ask(id).json()["qps"], 40.0);
}

TEST_F(Realtime, CountersThatAreNoNumbersCountAsNone) {
    const json id = master()["id"];
    redis().command(
        {"HSET", "rt:master:" + id.dump(), "requests", "many", "errors", "3", "last_at", ""});
    const json shown = ask(id).json();
    EXPECT_EQ(shown["requests"], 0);
    EXPECT_EQ(shown["errors"], 3);
    EXPECT_EQ(shown["last_at"], nullptr);
}

TEST_F(Realtime, KnowsWhoIsThere) {
    EXPECT_EQ(ask(999999999).status, 404);
    EXPECT_EQ(admin().get("/admin/masters/none/realtime").status, 404);
    EXPECT_EQ(instance().client().get("/v1/realtime").status, 401);
    EXPECT_EQ(admin().get("/admin/masters/1/realtime?window=5").status, 400);
}

TEST(RealtimeAlone, WithoutRedisThereIsNoAnswer) {
    PrivateRedis redis;
    Instance server({.plugins = {"masters", "logs"},
                     .redis = redis.host() + ":" + std::to_string(redis.port())});
    const json id = server.admin().post("/admin/masters", {{"name", "away"}}).json()["id"];
    const std::string path = "/admin/masters/" + id.dump() + "/realtime";
    EXPECT_EQ(server.admin().get(path).status, 200);
    redis.stop();
    const HttpAnswer answer = server.admin().get(path);
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_NE(answer.header("retry-after"), "");
    redis.start();
    EXPECT_TRUE(eventually(20s, [&] { return server.admin().get(path).status == 200; }));
}

}  // namespace
}  // namespace ezapi::tests
