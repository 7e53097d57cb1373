// GET /admin/logs: the results of the real server, and the index that each statement uses on a
// table with many records.
#include "query/records.hpp"

#include <gmock/gmock.h>

#include "ezapi/fake_host.hpp"
#include "statistics_fixture.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Records : public InstanceTest {
protected:
    InstanceOptions options() const override { return {.plugins = {"masters", "logs"}}; }

    void SetUp() override {
        InstanceTest::SetUp();
        if (filled_ || IsSkipped()) return;
        filled_ = true;
        SqlReader(instance().dsn()).query(R"(
            INSERT INTO request_logs (created_at, master_id, key_id, provider_group_id, provider_id,
                tokens_in, tokens_out, cached_tokens, cost_nano, latency_ms, first_token_ms,
                status_code, stream, request_id, "group", namespace, model, upstream_model,
                provider_type, error, client_ip)
            SELECT timestamptz '2026-03-01 00:00:00+00' + i * interval '10 seconds', 1 + i % 50,
                1 + i % 500, 1 + i % 100, 1 + i % 100, i, 2, 3, 1500000000 + i, 7, NULLIF(i % 2, 0),
                CASE WHEN i % 100 = 0 THEN 503 WHEN i % 1000 = 1 THEN 429 WHEN i % 10000 = 2 THEN 302
                     ELSE 200 END,
                i % 2 = 0, 'request-' || i, 'g', 'space', 'model-' || i % 40, 'up', 'openai',
                CASE WHEN i = 70000 THEN 'no 100%_sure route to HOST' WHEN i % 100 = 0 THEN 'timeout'
                     ELSE '' END,
                '10.0.0.1'
            FROM generate_series(1, 100000) AS i)");
        SqlReader(instance().dsn()).query("ANALYZE request_logs");
    }

    static void TearDownTestSuite() {
        filled_ = false;
        InstanceTest::TearDownTestSuite();
    }

    static json list(const std::string& query) {
        const HttpAnswer answer = admin().get("/admin/logs?" + query);
        EXPECT_EQ(answer.status, 200) << query << answer.body;
        return answer.json();
    }

    /// The query plan of the statement that the route executes for a query string.
    static std::string plan(const std::string& query) {
        FakeHost host;
        Host front(host.abi());
        logs::Records records(front.db("logs"), 5s);
        records.serve(front);
        host.http.call({"GET", "/admin/logs?" + query});
        for (const fake::Statement& statement : host.db.statements()) {
            if (!statement.sql.starts_with("SELECT id")) continue;
            EXPECT_EQ(statement.pool, "logs");
            std::string sql = statement.sql;
            for (size_t i = statement.params.size(); i-- > 0;) {
                const std::string place = "$" + std::to_string(i + 1);
                for (size_t at = 0; (at = sql.find(place, at)) != std::string::npos;)
                    sql.replace(at, place.size(), "'" + statement.params[i].value() + "'");
            }
            std::string out;
            for (const SqlRow& row : SqlReader(instance().dsn()).query("EXPLAIN " + sql))
                out += row[0].value() + "\n";
            return out;
        }
        return "nothing was sent";
    }

    static bool filled_;
};

bool Records::filled_ = false;

TEST_F(Records, ShowEverythingOfARequest) {
    const json page = list("request_id=request-3");
    ASSERT_EQ(page["data"].size(), 1U);
    json record = page["data"][0];
    EXPECT_TRUE(record["id"].is_number());
    record.erase("id");
    EXPECT_EQ(record,
              json({{"request_id", "request-3"},
                    {"master_id", 4},
                    {"key_id", 4},
                    {"group", "g"},
                    {"namespace", "space"},
                    {"model", "model-3"},
                    {"upstream_model", "up"},
                    {"provider_group_id", 4},
                    {"provider_id", 4},
                    {"provider_type", "openai"},
                    {"status_code", 200},
                    {"latency_ms", 7},
                    {"first_token_ms", 1},
                    {"tokens_in", 3},
                    {"tokens_out", 2},
                    {"cached_tokens", 3},
                    {"cost", 1.500000003},
                    {"stream", false},
                    {"error", ""},
                    {"client_ip", "10.0.0.1"},
                    {"created_at", "2026-03-01T00:00:30.000Z"}}));
    EXPECT_EQ(page["next_cursor"], nullptr);
}

TEST_F(Records, ComeInPagesNewestFirst) {
    std::string cursor;
    std::int64_t expected = 100000;
    for (int pages = 0; pages < 4; ++pages) {
        const json page = list("limit=100" + cursor);
        for (const json& record : page["data"])
            ASSERT_EQ(record["request_id"], "request-" + std::to_string(expected--));
        cursor = "&cursor=" + page["next_cursor"].get<std::string>();
    }
    EXPECT_EQ(expected, 100000 - 400);
    EXPECT_EQ(admin().get("/admin/logs?cursor=nonsense").status, 400);
}

TEST_F(Records, OfOneMomentAreSplitByNoPage) {
    SqlReader sql(instance().dsn());
    sql.query(
        "INSERT INTO request_logs SELECT nextval('request_logs_id'), '2027-01-01', master_id, "
        "key_id,"
        " provider_group_id, provider_id, tokens_in, tokens_out, cached_tokens, cost_nano, "
        "latency_ms,"
        " first_token_ms, status_code, stream, 'same-' || i, \"group\", namespace, model,"
        " upstream_model, provider_type, error, client_ip"
        " FROM request_logs, generate_series(1, 7) AS i WHERE request_id = 'request-5'");
    std::set<std::string> seen;
    std::string cursor;
    for (int pages = 0; pages < 4; ++pages) {
        const json page = list("limit=2&from=2027-01-01T00:00:00Z" + cursor);
        for (const json& record : page["data"])
            EXPECT_TRUE(seen.insert(record["request_id"].get<std::string>()).second);
        if (page["next_cursor"].is_null()) break;
        cursor = "&cursor=" + page["next_cursor"].get<std::string>();
    }
    EXPECT_EQ(seen.size(), 7U);
    sql.query("DELETE FROM request_logs WHERE request_id LIKE 'same-%'");
}

TEST_F(Records, AreFiltered) {
    const auto total = [](const std::string& query) {
        return list(query + "&count=true&limit=1")["total"];
    };
    EXPECT_EQ(total("master_id=7"), 2000);
    EXPECT_EQ(total("key_id=7"), 200);
    EXPECT_EQ(total("model=model-7"), 2500);
    EXPECT_EQ(total("provider_id=7"), 1000);
    EXPECT_EQ(total("provider_group_id=7"), 1000);
    EXPECT_EQ(total("status=5xx"), 1000);
    EXPECT_EQ(total("status_code=5xx"), 1000);
    EXPECT_EQ(total("status_code=429"), 100);
    EXPECT_EQ(total("from=2026-03-02&to=2026-03-02"), 8640);
    EXPECT_EQ(total("from=2026-03-02&to=2026-03-03T00:00:00Z"), 8640);
    EXPECT_EQ(total("status=429"), 100);
    EXPECT_EQ(total("status=3xx"), 10);
    EXPECT_EQ(total("status=1xx"), 0);
    EXPECT_EQ(total("status=2xx"), 100000 - 1110);
    EXPECT_EQ(total("error=timeout"), 999);
    EXPECT_EQ(total("error=ROUTE%20to%20host"), 1);
    EXPECT_EQ(total("error=100%25_sure"), 1) << "no wildcards";
    EXPECT_EQ(total("error=100%25sure"), 0);
    EXPECT_EQ(total("request_id=request-77"), 1);
    EXPECT_EQ(total("from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"), 8640);
    EXPECT_EQ(total("model=model-0&status=5xx&master_id=1"), 500);
    EXPECT_EQ(total("model=none"), 0);
    for (const char* form : {"10.0.0.1", "::ffff:10.0.0.1", "::FFFF:0a00:1"})
        EXPECT_EQ(total(std::string("client_ip=") + form), 100000) << form;
    EXPECT_EQ(total("client_ip=10.0.0.2"), 0);
    EXPECT_EQ(total("client_ip=10.0.0.1&master_id=7"), 2000);
}

TEST_F(Records, RefuseWhatIsNoFilter) {
    for (const char* query : {"status=6xx",
                              "status=ok",
                              "status=",
                              "error=ab",
                              "error=%E8%B6%85",
                              "error=%C3%A4",
                              "status_code=6xx",
                              "from=2026-02-30",
                              "master_id=x",
                              "limit=501",
                              "from=now",
                              "client_ip=10.0.0",
                              "client_ip=10.0.0.0/8",
                              "client_ip=",
                              "colour=red"})
        EXPECT_EQ(admin().get(std::string("/admin/logs?") + query).status, 400) << query;
    const HttpAnswer unknown = admin().get("/admin/logs?colour=red");
    for (const char* name : {"master_id",
                             "key_id",
                             "model",
                             "provider_id",
                             "provider_group_id",
                             "status",
                             "request_id",
                             "error",
                             "from",
                             "to",
                             "cursor"})
        EXPECT_THAT(unknown.body, HasSubstr(name));
    EXPECT_EQ(instance().client().get("/admin/logs").status, 401);
}

/// Two characters of a word, in recent records only: no index supports it.
TEST_F(Records, AreSearchedForTwoCharactersOfAWord) {
    SqlReader sql(instance().dsn());
    sql.query(
        "INSERT INTO request_logs SELECT nextval('request_logs_id'), now() - i * interval '5 days',"
        " master_id, key_id, provider_group_id, provider_id, tokens_in, tokens_out, cached_tokens,"
        " cost_nano, latency_ms, first_token_ms, 504, stream, 'word-' || i, \"group\", namespace,"
        " model, upstream_model, provider_type, '请求超时 100% ÄB', client_ip"
        " FROM request_logs, generate_series(0, 2) AS i WHERE request_id = 'request-5'");
    const auto total = [](const std::string& query) {
        return list(query + "&count=true&limit=1")["total"];
    };
    EXPECT_EQ(total("error=%E8%B6%85%E6%97%B6"), 2);
    EXPECT_EQ(total("error=%E8%B6%85%E6%97%B6&from=2020-01-01"), 2);
    EXPECT_EQ(total("error=%E8%AF%B7%E6%B1%82%E8%B6%85"), 3) << "three are found by the index";
    EXPECT_EQ(total("error=%C3%A4b"), 2) << "in any case";
    EXPECT_EQ(total("error=%E6%97%B6%E8%B6%85"), 0);
    EXPECT_EQ(total("error=%25%E8%B6%85"), 0) << "no wildcards";
    EXPECT_THAT(plan("error=%E8%B6%85%E6%97%B6"),
                AllOf(HasSubstr("created_at"), Not(HasSubstr("Seq Scan"))));
    sql.query("DELETE FROM request_logs WHERE request_id LIKE 'word-%'");
}

/// Each filter uses an index, and reads no more rows than it returns when the index has the order
/// of the pages.
TEST_F(Records, EachFilterHasItsIndex) {
    const auto on = [](const char* index) {
        return AllOf(HasSubstr(index), Not(HasSubstr("Seq Scan")));
    };
    EXPECT_THAT(plan("limit=50"), on("created_at"));
    EXPECT_THAT(plan("from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"), on("created_at"));
    EXPECT_THAT(plan("master_id=7"), on("master_id_created_at"));
    EXPECT_THAT(plan("key_id=7"), on("key_id_created_at"));
    EXPECT_THAT(plan("model=model-7"), on("model_created_at"));
    EXPECT_THAT(plan("provider_id=7"), on("provider_id_created_at"));
    EXPECT_THAT(plan("provider_group_id=7"), on("provider_group_id_created_at"));
    EXPECT_THAT(plan("status=5xx"), on("created_at_id_idx1"));
    EXPECT_THAT(plan("status=429"), on("created_at_id_idx1"));
    EXPECT_THAT(plan("status=3xx"), on("created_at_id_idx1"));
    EXPECT_THAT(plan("status=1xx"), on("created_at_id_idx1"));
    EXPECT_THAT(plan("status=204"), on("created_at_id_idx1"));
    EXPECT_THAT(plan("status=2xx"), on("created_at"));
    EXPECT_THAT(plan("request_id=request-77"), on("request_id"));
    EXPECT_THAT(plan("error=route%20to%20host"), on("error"));
    const std::string cursor = list("limit=50&master_id=7")["next_cursor"];
    EXPECT_THAT(plan("master_id=7&cursor=" + cursor), on("master_id_created_at"));
    const std::string of_all = list("limit=50")["next_cursor"];
    EXPECT_THAT(plan("cursor=" + of_all), on("Index Cond"));
}

}  // namespace
}  // namespace ezapi::tests
