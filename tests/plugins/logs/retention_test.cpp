// Retention and partitions in the real server, by its own jobs.
#include <gtest/gtest.h>

#include "ezapi/time.hpp"
#include "tests/plugins/logs/ingest_fixture.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;

class RunningRetention : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"logs"},
                .environment = {{"EZ_LOG_PARTITIONING", "day"},
                                {"EZ_LOG_RETENTION_DAYS", "3"},
                                {"EZ_LOG_MAX_RECORDS", "30"}}};
    }

    static void store(const std::string& prefix, std::chrono::hours age) {
        const Timestamp time =
            std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now() - age);
        std::string body;
        for (int i = 0; i < 20; ++i)
            body += "{\"request_id\":\"" + prefix + std::to_string(i) + "\",\"created_at\":\"" +
                    format_time(time) + "\"}\n";
        HttpClient client = instance().internal();
        ASSERT_EQ(ingest(client, body, "application/x-ndjson").status, 200);
    }

    static std::string value(const std::string& sql) {
        return SqlReader(instance().dsn()).value(sql);
    }
};

TEST_F(RunningRetention, KeepsDaysAndRecordsInPartitionsOfADay) {
    EXPECT_TRUE(eventually(30s, [] {
        return value("SELECT count(*) >= 7 FROM request_log_partitions WHERE NOT is_default") ==
               "t";
    }));
    store("too-old", 100h);
    store("one-too-many", 50h);
    store("not-young", 30h);
    store("young", 20h);
    EXPECT_TRUE(eventually(100s, [] { return stored(instance().dsn()) == "40 80"; }))
        << stored(instance().dsn());
    EXPECT_EQ(value("SELECT count(*) FROM request_logs WHERE request_id LIKE 'too-old%'"
                    " OR request_id LIKE 'one-too-many%'"),
              "0");
}

}  // namespace
}  // namespace ezapi::tests
