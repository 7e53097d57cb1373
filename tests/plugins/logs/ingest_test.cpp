// Ingest through the real server.
#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "ezapi/time.hpp"
#include "tests/plugins/logs/ingest_fixture.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Ingest : public InstanceTest {
protected:
    InstanceOptions options() const override { return {.plugins = {"logs"}}; }

    void SetUp() override {
        InstanceTest::SetUp();
        if (IsSkipped()) return;
        SqlReader(instance().dsn()).query("TRUNCATE request_logs, request_log_hours");
    }

    static HttpAnswer post(const std::string& body, const std::string& type = "application/json") {
        HttpClient client = instance().internal();
        return ingest(client, body, type);
    }

    static std::string value(const std::string& sql) {
        return SqlReader(instance().dsn()).value(sql);
    }
};

TEST_F(Ingest, StoresEveryFieldAndAddsItToItsHour) {
    const HttpAnswer answer = post(
        R"([{"request_id":"full","master_id":7,"key_id":8,"group":"g","namespace":"n","model":"m",)"
        R"("upstream_model":"u","provider_group_id":9,"provider_id":10,"provider_type":"openai",)"
        R"("status_code":502,"latency_ms":1234,"first_token_ms":56,"tokens_in":11,"tokens_out":12,)"
        R"("cached_tokens":3,"cost":0.0125,"stream":true,"error":"late","client_ip":"10.0.0.1",)"
        R"("created_at":"2026-01-02T03:04:05.678Z"}])");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.json(),
              json({{"accepted", 1},
                    {"duplicates", 0},
                    {"rejected", json::array()},
                    {"repaired", json::array()},
                    {"repaired_records", 0}}));
    EXPECT_EQ(value("SELECT concat_ws('|', created_at AT TIME ZONE 'UTC', master_id, key_id,"
                    " \"group\", namespace, model, upstream_model, provider_group_id, provider_id,"
                    " provider_type, status_code, latency_ms, first_token_ms, tokens_in,"
                    " tokens_out, cached_tokens, cost_nano, stream, error, client_ip)"
                    " FROM request_logs WHERE request_id = 'full'"),
              "2026-01-02 03:04:05.678|7|8|g|n|m|u|9|10|openai|502|1234|56|11|12|3|12500000|t|late|"
              "10.0.0.1");
    EXPECT_EQ(value("SELECT concat_ws('|', hour AT TIME ZONE 'UTC', master_id, key_id, namespace,"
                    " model, provider_group_id, provider_id, status_class, requests, errors,"
                    " tokens_in, tokens_out, tokens_cached, cost_nano, latency_sum_ms,"
                    " length(latency)) FROM request_log_hours"),
              "2026-01-02 03:00:00|7|8|n|m|9|10|5|1|1|11|12|3|12500000|1234|2");
}

TEST_F(Ingest, LeavesOutWhatARecordDoesNotTell) {
    ASSERT_EQ(post(R"([{"request_id":"bare"}])").status, 200);
    EXPECT_EQ(value("SELECT concat_ws('|', master_id IS NULL, first_token_ms IS NULL, model = '',"
                    " status_code, created_at > now() - interval '1 minute') FROM request_logs"),
              "t|t|t|200|t");
    EXPECT_EQ(value("SELECT concat_ws('|', master_id, key_id, model) FROM request_log_hours"),
              "0|0|");
}

TEST_F(Ingest, StoresARequestIdOnceHoweverOftenItIsSent) {
    EXPECT_EQ(post(records("twice", 10)).json()["accepted"], 10);
    const json again = post(records("twice", 12)).json();
    EXPECT_EQ(again["accepted"], 2);
    EXPECT_EQ(again["duplicates"], 10);
    EXPECT_EQ(again["rejected"], json::array());
    EXPECT_EQ(post(R"([{"request_id":"x"},{"request_id":"x"}])").json()["duplicates"], 1);
    EXPECT_EQ(stored(instance().dsn()), "13 13");
}

TEST_F(Ingest, RefusesAnotherRecordUnderAStoredRequestId) {
    const std::string first =
        R"({"request_id":"same","master_id":1,"tokens_in":10,"cost":0.5,"created_at":1770000000})";
    ASSERT_EQ(post("[" + first + "]").json()["accepted"], 1);
    EXPECT_EQ(post("[" + first + "]").json()["duplicates"], 1);
    for (const auto& [member, value] : {std::pair{"key_id", "7"},
                                        {"tokens_in", "11"},
                                        {"tokens_out", "1"},
                                        {"cached_tokens", "1"},
                                        {"cost", "0.6"},
                                        {"status_code", "500"},
                                        {"latency_ms", "1"},
                                        {"provider_id", "1"},
                                        {"provider_group_id", "1"},
                                        {"model", "\"m\""},
                                        {"namespace", "\"n\""},
                                        {"created_at", "1770000001"}}) {
        json other = json::parse(first);
        other[member] = json::parse(value);
        const json answer = post(json::array({other}).dump()).json();
        EXPECT_EQ(answer["duplicates"], 0) << member;
        ASSERT_EQ(answer["rejected"].size(), 1U) << member;
        EXPECT_EQ(answer["rejected"][0]["code"], "request_id_reused") << member;
        EXPECT_EQ(answer["rejected"][0]["message"],
                  "request_id: another record has this id: they differ in " + std::string(member));
    }
    // Also within one body.
    const json both = post(R"([{"request_id":"x","cost":1},{"request_id":"x","cost":1},)"
                           R"({"request_id":"x","cost":2}])")
                          .json();
    EXPECT_EQ(both["accepted"], 1);
    EXPECT_EQ(both["duplicates"], 1);
    EXPECT_EQ(both["rejected"][0]["index"], 2);
    EXPECT_EQ(stored(instance().dsn()), "2 2");
    // The stored record decides, independent of the order.
    for (const size_t more : {0U, 100U}) {  // few rows, and many
        json twins = json::parse(R"([{"request_id":"x","cost":2},{"request_id":"x","cost":1},)"
                                 R"({"request_id":"x","cost":2}])");
        for (size_t i = 0; i < more; ++i)
            twins.push_back({{"request_id", "more-" + std::to_string(i)}});
        const json judged = post(twins.dump()).json();
        EXPECT_EQ(judged["accepted"], more);
        EXPECT_EQ(judged["duplicates"], 1);
        ASSERT_EQ(judged["rejected"].size(), 2U);
        EXPECT_EQ(judged["rejected"][0]["index"], 0);
        EXPECT_EQ(judged["rejected"][1]["index"], 2);
    }
    // Refusals are in the order of the records, whichever part of the server found them.
    const json mixed = post(R"([{"request_id":"x","cost":3},{"request_id":""},1,)"
                            R"({"request_id":"x","cost":4}])")
                           .json();
    ASSERT_EQ(mixed["rejected"].size(), 4U);
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(mixed["rejected"][i]["index"], i);
    HttpClient client = instance().internal();
    EXPECT_THAT(client.get("/internal/metrics").body,
                testing::HasSubstr("ezapi_logs_refused_total{reason=\"request_id_reused\""));
}

TEST_F(Ingest, KeepsTheRecordsOfMastersThatUseOneRequestId) {
    const auto record = [](const json& master, double cost) {
        json out{{"request_id", "theirs"}, {"cost", cost}};
        if (!master.is_null()) out["master_id"] = master;
        return out;
    };
    const std::vector<json> owners{1, 2, nullptr, 3};
    // One body each; the last two share one.
    for (size_t i = 0; i < 2; ++i)
        EXPECT_EQ(post(json::array({record(owners[i], 1)}).dump()).json()["accepted"], 1);
    EXPECT_EQ(
        post(json::array({record(owners[2], 1), record(owners[3], 1)}).dump()).json()["accepted"],
        2);
    for (const json& owner : owners) {
        const json again = post(json::array({record(owner, 1)}).dump()).json();
        EXPECT_EQ(again["duplicates"], 1) << owner;
        const json other = post(json::array({record(owner, 2)}).dump()).json();
        EXPECT_EQ(other["accepted"], 0) << owner;
        EXPECT_EQ(other["rejected"][0]["code"], "request_id_reused") << owner;
    }
    SqlReader reader(instance().dsn());
    EXPECT_EQ(
        reader.value("SELECT string_agg(coalesce(master_id, 0) || ':' || cost_nano, ' ' ORDER "
                     "BY coalesce(master_id, 0)) FROM request_logs WHERE request_id = "
                     "'theirs'"),
        "0:1000000000 1:1000000000 2:1000000000 3:1000000000");
}

TEST_F(Ingest, CountsARecordWithFlawsAndSaysWhatItRepaired) {
    const HttpAnswer answer = post(
        R"([{"request_id":"sound","cost":1},{"request_id":"flawed","master_id":0,"status_code":0,)"
        R"("client_ip":"203.0.113.9:4711","error":{"code":"late\u0000"},"tokens_in":12,)"
        R"("cost":25000.1234567891,"colour":"red"}])");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(
        answer.json(),
        json(
            {{"accepted", 2},
             {"duplicates", 0},
             {"rejected", json::array()},
             {"repaired",
              {{{"index", 1},
                {"fields", {"master_id", "status_code", "cost", "error", "client_ip", "colour"}}}}},
             {"repaired_records", 1}}));
    EXPECT_EQ(value("SELECT concat_ws('|', master_id IS NULL, status_code, client_ip, error,"
                    " tokens_in, cost_nano) FROM request_logs WHERE request_id = 'flawed'"),
              "t|499|203.0.113.9|{\"code\":\"late\\u0000\"}|12|25000123456789");
    EXPECT_EQ(value("SELECT sum(cost_nano) FROM request_log_hours"), "25001123456789");
    HttpClient client = instance().internal();
    EXPECT_THAT(client.get("/internal/metrics").body,
                testing::HasSubstr("ezapi_logs_repaired_total{field=\"status_code\""));
}

TEST_F(Ingest, StoresTheLongestNamesThatItTakes) {
    std::string wide;
    for (int i = 0; i < 512; ++i) wide += "\xf0\x9f\x98\x80";
    json record{{"request_id", "long"}};
    for (const char* name : {"model", "upstream_model"}) record[name] = wide;
    for (const char* name : {"group", "namespace", "provider_type"})
        record[name] = wide.substr(0, 255UL * 4);
    const json answer = post(json::array({record}).dump()).json();
    EXPECT_EQ(answer["accepted"], 1) << answer.dump();
    EXPECT_EQ(answer["repaired_records"], 0);
    EXPECT_EQ(stored(instance().dsn()), "1 1");
}

TEST_F(Ingest, StoresItOnceWhateverAnAdministratorDeletes) {
    ASSERT_EQ(post(R"([{"request_id":"old","created_at":"2026-01-02T03:04:05Z"}])").status, 200);
    ASSERT_EQ(post(records("young", 3)).json()["accepted"], 3);
    const auto remove = [](Timestamp before) {
        return admin().remove("/admin/logs?before=" + format_time(before));
    };
    const Timestamp now =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    for (const Timestamp before : {now, now - 24h, now + 24h * 365}) {
        const HttpAnswer answer = remove(before);
        EXPECT_EQ(answer.status, 400);
        EXPECT_THAT(answer.body, testing::HasSubstr("before"));
        EXPECT_THAT(answer.body, testing::HasSubstr("expected a time at least 25 hours ago"));
    }
    const HttpAnswer answer = remove(now - 26h);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.json(), json({{"deleted", 1}, {"complete", true}}));
    EXPECT_EQ(post(records("young", 3)).json()["duplicates"], 3);
    EXPECT_EQ(stored(instance().dsn()), "3 4");
    EXPECT_EQ(value("SELECT rows_kept_from < now() FROM request_log_state"), "t");
}

TEST_F(Ingest, StoresItOnceAfterARestartToo) {
    ASSERT_EQ(post(records("restart", 500)).json()["accepted"], 500);
    instance().stop();
    instance().start();
    EXPECT_EQ(post(records("restart", 501)).json()["duplicates"], 500);
    EXPECT_EQ(stored(instance().dsn()), "501 501");
}

TEST_F(Ingest, StoresItOnceWhenItIsSentAtTheSameTime) {
    std::vector<std::future<json>> answers;
    for (int i = 0; i < 8; ++i)
        answers.push_back(
            std::async(std::launch::async, [] { return post(records("race", 200)).json(); }));
    int accepted = 0;
    for (auto& answer : answers) accepted += answer.get()["accepted"].get<int>();
    EXPECT_EQ(accepted, 200);
    EXPECT_EQ(stored(instance().dsn()), "200 200");
}

TEST_F(Ingest, TakesLinesAndKeepsWhatIsGood) {
    const HttpAnswer answer = post(
        "{\"request_id\":\"l1\"}\n{\"tokens_in\":-1}\nnonsense\n"
        "{\"request_id\":\"l3\"}\n",
        "application/x-ndjson");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.json()["accepted"], 2);
    ASSERT_EQ(answer.json()["rejected"].size(), 2U);
    EXPECT_EQ(answer.json()["rejected"][0]["index"], 1);
    EXPECT_EQ(answer.json()["rejected"][0]["code"], "required");
    EXPECT_EQ(answer.json()["rejected"][0]["errors"].size(), 2U);
    EXPECT_EQ(answer.json()["rejected"][1]["message"],
              "expected an object, found word without quotes");
}

TEST_F(Ingest, RefusesWhoeverIsNotInternalAndWhatIsNoBody) {
    HttpClient stranger = instance().client();
    HttpClient administrator = instance().admin();
    EXPECT_EQ(ingest(stranger, "[]").status, 401);
    EXPECT_NE(ingest(administrator, "[]").status, 200);
    EXPECT_EQ(post("[{").status, 400);
    EXPECT_EQ(post("{}").status, 422);
    EXPECT_EQ(post("[]", "text/plain").status, 415);
    EXPECT_EQ(post("[]").status, 200);
    EXPECT_EQ(post(records("many", 10001)).status, 413);
}

TEST_F(Ingest, CountsWhatItDoes) {
    ASSERT_EQ(post(records("metric", 3)).status, 200);
    ASSERT_EQ(post(records("metric", 3)).status, 200);
    ASSERT_EQ(post("[1]").status, 200);
    HttpClient client = instance().internal();
    const std::string metrics = client.get("/internal/metrics").body;
    for (const char* name : {"ezapi_logs_stored_total",
                             "ezapi_logs_duplicates_total",
                             "ezapi_logs_refused_total{reason=\"invalid\"",
                             "ezapi_logs_queue_depth",
                             "ezapi_logs_write_records",
                             "ezapi_logs_write_seconds"})
        EXPECT_THAT(metrics, testing::HasSubstr(name));
}

class SmallQueue : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"logs"}, .environment = {{"EZ_LOG_QUEUE", "10"}}};
    }
};

TEST_F(SmallQueue, TurnsAwayWholeBodiesWhileItIsFull) {
    SqlReader other(instance().dsn());
    other.query("SELECT pg_advisory_lock(7310872414)");  // blocks the writer
    auto first = std::async(std::launch::async, [] {
        HttpClient client = instance().internal();
        return ingest(client, records("first", 8));
    });
    ASSERT_TRUE(eventually(10s, [&] {
        return other.value(
                   "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                   " AND NOT granted") == "1";
    }));
    HttpClient client = instance().internal();
    const HttpAnswer full = ingest(client, records("probe", 10));
    EXPECT_EQ(full.status, 429);
    EXPECT_EQ(full.json()["code"], "queue_full");
    EXPECT_NE(full.header("retry-after"), "");
    EXPECT_EQ(ingest(client, records("large", 11)).status, 413);
    other.query("SELECT pg_advisory_unlock(7310872414)");
    EXPECT_EQ(first.get().status, 200);
    EXPECT_EQ(ingest(client, records("after", 10)).status, 200);
}

class QueuedAck : public testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = PrivatePostgres::missing(); !why.empty()) GTEST_SKIP() << why;
        if (const std::string why = PrivateRedis::missing(); !why.empty()) GTEST_SKIP() << why;
    }

    static InstanceOptions queued(const std::string& flush_ms) {
        return {.plugins = {"logs"},
                .environment = {{"EZ_LOG_ACK", "queued"},
                                {"EZ_LOG_BATCH_SIZE", "100"},
                                {"EZ_LOG_FLUSH_MS", flush_ms}}};
    }
};

TEST_F(QueuedAck, WritesOnceEnoughWaitOrTheTimeIsUp) {
    Instance instance(queued("60000"));
    HttpClient client = instance.internal();
    EXPECT_EQ(ingest(client, records("a", 60)).status, 202);
    EXPECT_EQ(stored(instance.dsn()), "0 0");
    EXPECT_EQ(ingest(client, records("b", 60)).status, 202);
    EXPECT_TRUE(eventually(10s, [&] { return stored(instance.dsn()) == "120 120"; }));

    Instance soon(queued("50"));
    HttpClient other = soon.internal();
    EXPECT_EQ(ingest(other, records("a", 3)).status, 202);
    EXPECT_TRUE(eventually(10s, [&] { return stored(soon.dsn()) == "3 3"; }));
}

TEST_F(QueuedAck, WritesWhatItAcknowledgedBeforeItEnds) {
    Instance instance(queued("60000"));
    HttpClient client = instance.internal();
    ASSERT_EQ(ingest(client, records("kept", 60)).status, 202);
    EXPECT_EQ(instance.stop(), 0);
    EXPECT_EQ(stored(instance.dsn()), "60 60");
}

}  // namespace
}  // namespace ezapi::tests
