// The statistics of the real server over every kind of range, compared with simple arithmetic over
// the same records.
#include <gmock/gmock.h>

#include <set>

#include "statistics_fixture.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;

const Timestamp kFirst = *parse_time("2026-03-01T00:00:00Z");
constexpr std::chrono::days kDays{17};

/// 17 days of records. Summaries exist for the second and the third day, for one week with one of
/// its days, and for two hours of the fifth day; all else is in the hourly rollup only.
class Statistics : public InstanceTest {
protected:
    InstanceOptions options() const override { return {.plugins = {"masters", "logs"}}; }

    void SetUp() override {
        InstanceTest::SetUp();
        if (!rows_.empty() || IsSkipped()) return;
        rows_ = make_rows(3000, kFirst, kFirst + kDays);
        SqlReader sql(instance().dsn());
        write_rows(sql, rows_);
        for (const int day : {1, 2, 9}) sum_up(sql, rows_, "day", kFirst + std::chrono::days(day));
        sum_up(sql, rows_, "week", kFirst + std::chrono::days(8));  // a Monday
        for (const int hour : {7, 8})
            sum_up(sql, rows_, "hour", kFirst + std::chrono::days(4) + std::chrono::hours(hour));
    }

    static void TearDownTestSuite() {
        rows_.clear();
        InstanceTest::TearDownTestSuite();
    }

    /// The value of each group as shown in answers.
    static std::map<std::string, std::function<json(const LogRow&)>> shown_groups() {
        const auto id = [](std::int64_t value) { return value == 0 ? json() : json(value); };
        return {
            {"model", [](const LogRow& row) { return json(row.model); }},
            {"master", [id](const LogRow& row) { return id(row.master_id); }},
            {"key", [id](const LogRow& row) { return id(row.key_id); }},
            {"provider", [id](const LogRow& row) { return id(row.provider_id); }},
            {"provider_group", [](const LogRow&) { return json(1); }},
            {"namespace", [](const LogRow& row) { return json(row.space); }},
            {"status",
             [](const LogRow& row) { return json(std::to_string(row.status_code / 100) + "xx"); }},
            {"hour", [](const LogRow& row) { return json(hour_text(row)); }},
            {"day", [](const LogRow& row) { return json(day_text(row)); }}};
    }

    static json ask(const std::string& by, Timestamp from, Timestamp to, std::int64_t master = 0) {
        const HttpAnswer answer = admin().get(
            "/admin/logs/stats?limit=1000&group_by=" + by + "&from=" + exact(from) +
            "&to=" + exact(to) + (master == 0 ? "" : "&master_id=" + std::to_string(master)));
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json();
    }

    static std::string exact(Timestamp time) { return std::string(view(Param(time).value().text)); }

    static void expect_figures(const json& shown, Sums sums, const std::string& where) {
        EXPECT_EQ(shown["requests"], sums.requests) << where;
        EXPECT_EQ(shown["errors"], sums.errors) << where;
        EXPECT_EQ(shown["tokens_in"], sums.tokens_in) << where;
        EXPECT_EQ(shown["tokens_out"], sums.tokens_out) << where;
        EXPECT_EQ(shown["tokens_cached"], sums.tokens_cached) << where;
        EXPECT_NEAR(shown["cost"].get<double>(), static_cast<double>(sums.cost_nano) / 1e9, 1e-6)
            << where;
        if (sums.requests == 0) return;
        EXPECT_NEAR(shown["latency_ms"]["avg"].get<double>(),
                    static_cast<double>(sums.latency_sum_ms) / static_cast<double>(sums.requests),
                    0.001)
            << where;
        for (const auto& [name, q] : {std::pair{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}) {
            const double right = sums.quantile(q);
            EXPECT_NEAR(shown["latency_ms"][name].get<double>(), right, right * 0.05)
                << where << " " << name;
        }
    }

    static void expect_answer(const std::string& by,
                              Timestamp from,
                              Timestamp to,
                              std::int64_t master = 0) {
        const json answer = ask(by, from, to, master);
        const std::string where =
            by + " " + exact(from) + " to " + exact(to) + " of master " + std::to_string(master);
        std::map<json, Sums> groups;
        Sums total;
        for (const LogRow& row : rows_) {
            if (row.created_at < from || row.created_at >= to ||
                (master != 0 && row.master_id != master))
                continue;
            groups[shown_groups().at(by)(row)].add(row);
            total.add(row);
        }
        EXPECT_EQ(answer["group_by"], by);
        EXPECT_EQ(answer["from"], format_time(from));
        EXPECT_EQ(answer["groups"], groups.size()) << where;
        ASSERT_EQ(answer["data"].size(), groups.size()) << where << answer.dump();
        for (const json& group : answer["data"]) {
            ASSERT_TRUE(groups.contains(group[by])) << where << group.dump();
            expect_figures(group, groups.at(group[by]), where + " " + group[by].dump());
        }
        expect_figures(answer["total"], total, where + " total");
    }

    static std::vector<LogRow> rows_;
};

std::vector<LogRow> Statistics::rows_;

TEST_F(Statistics, EqualTheRecordsInRangesOnTheHour) {
    using namespace std::chrono;
    for (const auto& [by, of] : shown_groups()) {
        expect_answer(by, kFirst, kFirst + kDays);
        expect_answer(by, kFirst + hours(5), kFirst + days(4) + hours(8));
        expect_answer(by, kFirst + days(1) + hours(3), kFirst + days(1) + hours(9));
    }
}

TEST_F(Statistics, EqualTheRecordsInRangesOffTheHour) {
    using namespace std::chrono;
    for (const auto& [by, of] : shown_groups()) {
        expect_answer(by, kFirst + minutes(17), kFirst + days(5) + minutes(71) + microseconds(3));
        expect_answer(by, kFirst + days(1) + minutes(10), kFirst + days(1) + minutes(50));
        expect_answer(by, kFirst + days(4) + minutes(390), kFirst + days(4) + minutes(590));
    }
}

TEST_F(Statistics, EqualTheRecordsOfOneMaster) {
    using namespace std::chrono;
    for (const auto& [by, of] : shown_groups()) {
        expect_answer(by, kFirst, kFirst + kDays, 2);
        expect_answer(by, kFirst + minutes(17), kFirst + days(5) + minutes(71), 3);
    }
}

TEST_F(Statistics, RangeWithoutRecordsHasNoGroups) {
    const json answer = ask("model", kFirst - std::chrono::days(9), kFirst - std::chrono::days(2));
    EXPECT_EQ(answer["data"], json::array());
    EXPECT_EQ(answer["groups"], 0);
    EXPECT_EQ(answer["total"]["requests"], 0);
}

TEST_F(Statistics, GroupsBeyondTheLimitCountInTheTotalOnly) {
    for (const std::string by : {"model", "key", "master"}) {
        for (const auto offset : {std::chrono::minutes(0), std::chrono::minutes(5)}) {
            const json all = ask(by, kFirst + offset, kFirst + kDays);
            for (const size_t limit : {1, 2}) {
                const std::string where = by + ", " + std::to_string(limit);
                const json some = admin()
                                      .get("/admin/logs/stats?limit=" + std::to_string(limit) +
                                           "&group_by=" + by + "&from=" + exact(kFirst + offset) +
                                           "&to=" + exact(kFirst + kDays))
                                      .json();
                ASSERT_EQ(some["data"].size(), limit) << where;
                for (size_t i = 0; i < limit; ++i)
                    EXPECT_EQ(some["data"][i], all["data"][i]) << where;
                EXPECT_EQ(some["groups"], all["groups"]) << where;
                EXPECT_EQ(some["total"], all["total"]) << where;
            }
        }
    }
}

TEST_F(Statistics, SummariesThatAreNotReadyAreNotRead) {
    using namespace std::chrono;
    SqlReader sql(instance().dsn());
    const std::string starts = "'" + format_time(kFirst + days(3)) + "'";
    sql.query("INSERT INTO request_log_spans (span, starts, ready) VALUES ('day', " + starts +
              ", false)");
    expect_answer("model", kFirst, kFirst + kDays);
    sql.query("UPDATE request_log_spans SET ready = true WHERE starts = " + starts);
    EXPECT_LT(ask("model", kFirst, kFirst + kDays)["total"]["requests"], rows_.size())
        << "what is ready is read instead of the rollup of its hours";
    sql.query("DELETE FROM request_log_spans WHERE starts = " + starts);
}

TEST_F(Statistics, WeeksAreReadWhereDaysAreNotAskedFor) {
    SqlReader sql(instance().dsn());
    const std::string starts = "'2026-03-02T00:00:00Z'";  // a week without summaries
    sql.query("INSERT INTO request_log_spans (span, starts, ready) VALUES ('week', " + starts +
              ", true)");
    EXPECT_LT(ask("model", kFirst, kFirst + kDays)["total"]["requests"], rows_.size());
    for (const char* by : {"day", "hour"})
        EXPECT_EQ(ask(by, kFirst, kFirst + kDays)["total"]["requests"], rows_.size()) << by;
    sql.query("DELETE FROM request_log_spans WHERE span = 'week' AND starts = " + starts);
}

TEST_F(Statistics, OverviewShowsDaysHoursAndTheTop) {
    const std::string range = "?from=" + exact(kFirst) + "&to=" + exact(kFirst + kDays);
    const HttpAnswer answer = admin().get("/admin/stats" + range);
    ASSERT_EQ(answer.status, 200) << answer.body;
    const json shown = answer.json();
    const json by_model = ask("model", kFirst, kFirst + kDays);
    EXPECT_EQ(shown["total"], by_model["total"]);
    EXPECT_EQ(shown["top_models"], by_model["data"]);
    EXPECT_EQ(shown["top_masters"], ask("master", kFirst, kFirst + kDays)["data"]);
    EXPECT_EQ(shown["top_providers"], ask("provider", kFirst, kFirst + kDays)["data"]);
    EXPECT_EQ(shown["by_day"], ask("day", kFirst, kFirst + kDays)["data"]);
    EXPECT_EQ(shown["by_hour"],
              ask("hour", kFirst + kDays - std::chrono::hours(24), kFirst + kDays)["data"]);
}

TEST_F(Statistics, MasterSeesItsOwnOnly) {
    json master;
    do {
        master =
            admin()
                .post("/admin/masters",
                      {{"name",
                        "own-" + std::to_string(master.is_null() ? 0 : master["id"].get<int>())}})
                .json();
    } while (master["id"] < 2);
    HttpClient itself = instance().client(master["master_key"]);
    const std::string range = "from=" + exact(kFirst) + "&to=" + exact(kFirst + kDays);
    json mine = itself.get("/v1/logs/stats?group_by=key&" + range).json();
    EXPECT_EQ(mine, ask("key", kFirst, kFirst + kDays, 2));
    EXPECT_EQ(itself.get("/v1/logs/stats?group_by=master&" + range).json()["data"].size(), 1U);
    EXPECT_EQ(itself.get("/v1/logs/stats?master_id=1&" + range).status, 400);

    const json overview = itself.get("/v1/stats?" + range).json();
    EXPECT_EQ(overview["total"], mine["total"]);
    EXPECT_EQ(overview["top_keys"], mine["data"]);
    EXPECT_FALSE(overview.contains("top_masters"));
    EXPECT_EQ(instance().client().get("/v1/stats").status, 401);

    const json records = itself.get("/v1/logs?limit=500&" + range).json();
    std::set<std::int64_t> owners;
    for (const json& record : records["data"])
        owners.insert(record["master_id"].get<std::int64_t>());
    EXPECT_EQ(owners, std::set<std::int64_t>{2});
    EXPECT_EQ(itself.get("/v1/logs?master_id=1").status, 400);
}

TEST_F(Statistics, WhatIsTakenInIsListedAndAddedUpAtOnce) {
    const json record{{"request_id", "taken-in"},
                      {"master_id", 3},
                      {"key_id", 31},
                      {"model", "taken-in"},
                      {"provider_group_id", 4},
                      {"provider_id", 5},
                      {"status_code", 429},
                      {"latency_ms", 120},
                      {"tokens_in", 10},
                      {"tokens_out", 20},
                      {"cost", 0.25},
                      {"error", "too many"},
                      {"created_at", "2026-05-01T10:20:30.000Z"}};
    const HttpAnswer taken = instance().internal().post("/internal/logs", json::array({record}));
    ASSERT_EQ(taken.status, 200) << taken.body;

    const json listed = admin().get("/admin/logs?request_id=taken-in").json()["data"];
    ASSERT_EQ(listed.size(), 1U);
    for (const auto& [name, value] : record.items()) EXPECT_EQ(listed[0][name], value) << name;

    const Timestamp hour = *parse_time("2026-05-01T10:00:00Z");
    for (const auto& [from, to] :
         {std::pair{hour, hour + std::chrono::hours(1)},
          {hour + std::chrono::minutes(20), hour + std::chrono::minutes(21)}}) {
        const json answer = ask("model", from, to);
        ASSERT_EQ(answer["data"].size(), 1U);
        EXPECT_EQ(answer["data"][0]["model"], "taken-in");
        EXPECT_EQ(answer["total"]["requests"], 1);
        EXPECT_EQ(answer["total"]["errors"], 1);
        EXPECT_EQ(answer["total"]["cost"], 0.25);
        EXPECT_NEAR(answer["total"]["latency_ms"]["p50"].get<double>(), 120, 6);
    }
    EXPECT_EQ(ask("model", hour + std::chrono::minutes(21), hour + std::chrono::hours(1))["groups"],
              0);
}

TEST_F(Statistics, TakeTheNamesOfFieldsToo) {
    for (const auto& [name, field] : {std::pair{"master", "master_id"},
                                      {"key", "key_id"},
                                      {"provider", "provider_id"},
                                      {"provider_group", "provider_group_id"},
                                      {"status", "status_code"}})
        EXPECT_EQ(ask(field, kFirst, kFirst + kDays), ask(name, kFirst, kFirst + kDays)) << field;
}

TEST_F(Statistics, TakeDatesForWholeDays) {
    const auto of = [](const std::string& range) {
        const HttpAnswer answer = admin().get("/admin/logs/stats?" + range);
        EXPECT_EQ(answer.status, 200) << range << answer.body;
        return answer.json();
    };
    EXPECT_EQ(of("from=2026-01-02&to=2026-01-02"),
              of("from=2026-01-02T00:00:00Z&to=2026-01-03T00:00:00Z"));
    EXPECT_EQ(of("to=0001-01-01")["from"], "0001-01-01T00:00:00.000Z");
    EXPECT_EQ(of("from=2026-01-02&to=2026-01-05T00:00:00Z"),
              of("from=2026-01-02T00:00:00Z&to=2026-01-04"));
}

TEST_F(Statistics, RefuseWhatIsNoQuestion) {
    for (const char* query : {"group_by=colour",
                              "from=yesterday",
                              "from=2026-02-30",
                              "from=2026-01-03&to=2026-01-02",
                              "from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z",
                              "to=0001-01-01T00:00:00Z&from=2026-01-02T00:00:00Z",
                              "limit=0",
                              "limit=1001",
                              "master_id=0",
                              "colour=red",
                              "group_by=hour&from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
                              "group_by=day&from=2001-01-01T00:00:00Z&to=2026-01-01T00:00:00Z"})
        EXPECT_EQ(admin().get(std::string("/admin/logs/stats?") + query).status, 400) << query;
    EXPECT_EQ(instance().client().get("/admin/logs/stats").status, 401);
}

TEST_F(Statistics, UsualRangeIsOfThirtyDaysUpToThisHour) {
    const json answer = admin().get("/admin/logs/stats").json();
    const auto from = parse_time(answer["from"].get<std::string>());
    const auto to = parse_time(answer["to"].get<std::string>());
    ASSERT_TRUE(from && to);
    EXPECT_EQ(answer["group_by"], "model");
    EXPECT_GE(*to, now());
    EXPECT_LE(*to - now(), std::chrono::hours(1));
    EXPECT_EQ(std::chrono::floor<std::chrono::days>(*from), *from);
    EXPECT_GT(*to - *from, std::chrono::days(29));
    EXPECT_LE(*to - *from, std::chrono::days(30));
}

}  // namespace
}  // namespace ezapi::tests
