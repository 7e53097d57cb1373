// POST /internal/stats/flush of the real server: counters are added exactly once, whatever happens
// to a report on its way.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "ezapi/credential.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class CounterFlush : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"masters", "keys", "sync", "logs"}};
    }

    /// A token of a new master.
    static json issue(json members = json::object()) {
        static int last = 0;
        const std::string name = "flush-" + std::to_string(++last);
        const json master = admin().post("/admin/masters", {{"name", name}}).json();
        members["name"] = name;
        const HttpAnswer answer = admin().post(keys_of(master.at("id")), members);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json();
    }

    static std::string keys_of(std::int64_t master) {
        return "/admin/masters/" + std::to_string(master) + "/keys";
    }

    static json read(const json& key) {
        return admin().get(keys_of(key.at("master_id")) + "/" + key.at("id").dump()).json();
    }

    static std::string hash(const json& key) {
        return sha256_hex(key.at("token").get<std::string>());
    }

    static json report(const json& node, int sequence, json items) {
        return {
            {"node", node}, {"epoch", "e"}, {"sequence", sequence}, {"items", std::move(items)}};
    }

    static HttpAnswer flush(const json& body) {
        return instance().internal().post("/internal/stats/flush", body);
    }

    static json flushed(const json& body) {
        const HttpAnswer answer = flush(body);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json();
    }

    static std::string problem(const HttpAnswer& answer, int status) {
        EXPECT_EQ(answer.status, status) << answer.body;
        return answer.json().value("code", "");
    }
};

TEST_F(CounterFlush, AddsCountersByIdAndByHash) {
    const json one = issue();
    const json two = issue();
    const json answer = flushed(report("adds",
                                       1,
                                       {{{"key_id", one["id"]},
                                         {"requests", 2},
                                         {"tokens_in", 10},
                                         {"tokens_out", 5},
                                         {"last_used_at", "2026-01-02T03:04:05.678Z"}},
                                        {{"token_hash", hash(two)}, {"requests", 1}},
                                        {{"token_hash", hash(one)}, {"requests", 3}}}));

    EXPECT_EQ(answer,
              json({{"applied", 3},
                    {"duplicate", false},
                    {"unknown", json::array()},
                    {"gap", nullptr},
                    {"rejected", json::array()},
                    {"rejected_items", 0},
                    {"repaired", json::array()},
                    {"repaired_items", 0}}));
    EXPECT_EQ(read(one)["request_count"], 5);
    EXPECT_EQ(read(one)["tokens_in"], 10);
    EXPECT_EQ(read(one)["tokens_out"], 5);
    EXPECT_EQ(read(one)["last_used_at"], "2026-01-02T03:04:05.678Z");
    EXPECT_EQ(read(two)["request_count"], 1);
}

TEST_F(CounterFlush, CountsWhatIsGoodInAReportWithFlaws) {
    const json key = issue();
    const json body = report("flawed",
                             1,
                             {{{"key_id", key["id"]},
                               {"requests", 2},
                               {"tokens_in", -5},
                               {"last_used_at", "2999-01-01T00:00:00Z"}},
                              json::object(),
                              {{"key_id", key["id"]}, {"requests", "3"}}});
    for (const bool again : {false, true}) {
        const json answer = flushed(body);
        EXPECT_EQ(answer["duplicate"], again);
        EXPECT_EQ(answer["rejected_items"], 1);
        EXPECT_EQ(answer["rejected"][0]["index"], 1);
        EXPECT_EQ(answer["repaired"],
                  json({{{"index", 0}, {"fields", {"tokens_in", "last_used_at"}}},
                        {{"index", 2}, {"fields", {"requests"}}}}));
    }
    EXPECT_EQ(read(key)["request_count"], 5);
    EXPECT_EQ(read(key)["tokens_in"], 0);
    EXPECT_EQ(read(key)["last_used_at"], nullptr);
}

TEST_F(CounterFlush, CountsAReportOnceHoweverOftenItIsSent) {
    const json key = issue();
    const json body = report(
        "repeats",
        1,
        {{{"key_id", key["id"]}, {"requests", 1}}, {{"key_id", 999999999}, {"requests", 1}}});
    const json first = flushed(body);
    EXPECT_EQ(first["applied"], 1);
    EXPECT_EQ(first["unknown"], json::array({"999999999"}));

    for (int again = 0; again < 3; ++again) {
        const json answer = flushed(body);
        EXPECT_EQ(answer["applied"], 0);
        EXPECT_EQ(answer["duplicate"], true);
        EXPECT_EQ(answer["unknown"], first["unknown"]);
    }
    EXPECT_EQ(read(key)["request_count"], 1);
}

TEST_F(CounterFlush, CountsAReportOnceWhenItIsSentManyTimesAtOnce) {
    const json key = issue();
    std::atomic<int> applied{0};
    std::atomic<int> duplicates{0};
    std::vector<std::thread> senders;
    for (int sender = 0; sender < 8; ++sender) {
        senders.emplace_back([&] {
            HttpClient client = instance().internal();
            for (int sequence = 1; sequence <= 10; ++sequence) {
                const json answer =
                    client
                        .post("/internal/stats/flush",
                              report("races", sequence, {{{"key_id", key["id"]}, {"requests", 1}}}))
                        .json();
                applied += answer.at("applied").get<int>();
                duplicates += answer.at("duplicate").get<bool>() ? 1 : 0;
            }
        });
    }
    for (std::thread& sender : senders) sender.join();

    EXPECT_EQ(applied, 10);
    EXPECT_EQ(duplicates, 70);
    EXPECT_EQ(read(key)["request_count"], 10);
}

TEST_F(CounterFlush, RefusesANumberThatWasUsedForAnotherBody) {
    const json key = issue();
    flushed(report("reuses", 1, {{{"key_id", key["id"]}, {"requests", 1}}}));

    EXPECT_EQ(problem(flush(report("reuses", 1, {{{"key_id", key["id"]}, {"requests", 2}}})), 409),
              "sequence_reused");
    EXPECT_EQ(read(key)["request_count"], 1);
}

TEST_F(CounterFlush, TellsTheNumbersThatHaveNotArrived) {
    const auto gap = [](int sequence) {
        return flushed(report("gaps", sequence, json::array()))["gap"];
    };
    EXPECT_EQ(gap(11), nullptr) << "the first of its epoch";
    EXPECT_EQ(gap(15), json({{"from", 12}, {"to", 14}}));
    EXPECT_EQ(gap(16), nullptr);
    EXPECT_EQ(gap(13), json({{"from", 12}, {"to", 12}})) << "late, and still one is missing";
    EXPECT_EQ(gap(12), nullptr);
    EXPECT_EQ(gap(14), nullptr);
    EXPECT_EQ(gap(10), nullptr);
}

TEST_F(CounterFlush, NumbersEachLifeOfEachNodeByItself) {
    const json key = issue();
    json body = report("lives", 1, {{{"key_id", key["id"]}, {"requests", 1}}});
    flushed(body);
    body["epoch"] = "second";
    EXPECT_EQ(flushed(body)["duplicate"], false);
    body["epoch"] = 2;
    EXPECT_EQ(flushed(body)["duplicate"], false);
    body["node"] = "another";
    EXPECT_EQ(flushed(body)["duplicate"], false);
    EXPECT_EQ(read(key)["request_count"], 4);
}

TEST_F(CounterFlush, ListsUnknownTokensAsTheyWereNamedAndCountsTheOthers) {
    const json key = issue();
    const json answer = flushed(report("unknown",
                                       1,
                                       {{{"token_hash", std::string(64, '0')}, {"requests", 1}},
                                        {{"key_id", key["id"]}, {"requests", 1}},
                                        {{"key_id", 888888888}, {"requests", 1}},
                                        {{"token_hash", "no \"hash\""}, {"requests", 1}}}));

    EXPECT_EQ(answer["applied"], 1);
    EXPECT_EQ(answer["unknown"], json({std::string(64, '0'), "888888888", "no \"hash\""}));
    EXPECT_EQ(read(key)["request_count"], 1);
}

TEST_F(CounterFlush, ExhaustionReachesRedis) {
    const json key = issue({{"quota_limit", 100}});
    const std::string entry = "auth:token:" + hash(key);
    ASSERT_TRUE(eventually(5s, [&] { return redis().field(entry, "status") == "active"; }));

    flushed(report("quota", 1, {{{"key_id", key["id"]}, {"tokens_in", 60}, {"tokens_out", 40}}}));

    EXPECT_TRUE(eventually(5s, [&] { return redis().field(entry, "status") == "exhausted"; }));
    EXPECT_EQ(redis().field(entry, "quota_used"), "100");
    EXPECT_EQ(read(key)["status"], "exhausted");
}

TEST_F(CounterFlush, RefusedReportLeavesItsNumberFree) {
    const json key = issue();
    const json body = report("refused", 1, {{{"key_id", key["id"]}, {"requests", 1}}});
    json flawed = body;
    flawed["epoch"] = "";
    EXPECT_EQ(problem(flush(flawed), 422), "validation");
    EXPECT_EQ(flush(json::array()).status, 422);
    EXPECT_EQ(read(key)["request_count"], 0);

    EXPECT_EQ(flushed(body)["applied"], 1);
}

TEST_F(CounterFlush, IsForTheDataPlaneOnly) {
    const json body = report("nobody", 1, json::array());
    EXPECT_EQ(instance().client().post("/internal/stats/flush", body).status, 401);
    EXPECT_EQ(instance().client("wrong").post("/internal/stats/flush", body).status, 401);
}

TEST_F(CounterFlush, ForgottenNumbersAreRefusedAndDoNotComeBack) {
    const json key = issue();
    SqlReader sql(instance().dsn());
    for (int sequence = 1; sequence <= 3; ++sequence)
        flushed(report("forgets", sequence, {{{"key_id", key["id"]}, {"requests", 1}}}));
    // What the job does in its first and second run after the numbers have expired.
    sql.query("INSERT INTO counter_floors (node, epoch, floor) VALUES ('forgets', 'e', 2)");
    const json known = report("forgets", 1, {{{"key_id", key["id"]}, {"requests", 1}}});
    EXPECT_EQ(flushed(known)["duplicate"], true) << "its row is there still";
    sql.query("DELETE FROM counter_reports WHERE node = 'forgets' AND sequence <= 2");

    EXPECT_EQ(problem(flush(known), 409), "sequence_forgotten");
    EXPECT_EQ(flushed(report("forgets", 4, json::array()))["gap"], nullptr);
    EXPECT_EQ(read(key)["request_count"], 3);
}

/// The process is killed at random moments while a node sends; the node repeats unanswered reports.
TEST(CounterFlushCrash, LosesAndDoublesNothing) {
    Instance server({.plugins = {"masters", "keys", "logs"}});
    const json master = server.admin().post("/admin/masters", {{"name", "crash"}}).json();
    const json key =
        server.admin()
            .post("/admin/masters/" + master["id"].dump() + "/keys", {{"name", "crash"}})
            .json();
    const auto send = [&](HttpClient& client, int sequence) {
        try {
            return client
                       .post("/internal/stats/flush",
                             {{"node", "crash"},
                              {"epoch", "e"},
                              {"sequence", sequence},
                              {"items", {{{"key_id", key["id"]}, {"requests", 1}}}}})
                       .status == 200;
        } catch (const std::exception&) {
            return false;
        }
    };
    constexpr int kReports = 120;
    std::atomic<int> answered{0};
    std::thread node([&] {
        for (int sequence = 1; sequence <= kReports; ++sequence) {
            const auto limit = std::chrono::steady_clock::now() + 60s;
            while (std::chrono::steady_clock::now() < limit) {
                HttpClient client = server.internal();
                if (send(client, sequence)) break;
            }
            answered = sequence;
        }
    });
    for (const int at : {17, 43, 71, 99}) {
        EXPECT_TRUE(eventually(60s, [&] { return answered >= at; }));
        server.kill();
        server.start();
    }
    node.join();

    SqlReader sql(server.dsn());
    EXPECT_EQ(sql.value("SELECT request_count FROM keys"), std::to_string(kReports));
    EXPECT_EQ(sql.value("SELECT count(*) FROM counter_reports"), std::to_string(kReports));
}

TEST(CounterFlushAlone, SaysWhatIsMissingWithoutTheKeysPlugin) {
    Instance server({.plugins = {"logs"}});
    const HttpAnswer answer = server.internal().post(
        "/internal/stats/flush",
        {{"node", "n"}, {"epoch", "e"}, {"sequence", 1}, {"items", json::array()}});
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.json()["code"], "keys_disabled");
    EXPECT_NE(answer.header("retry-after"), "");
}

}  // namespace
}  // namespace ezapi::tests
