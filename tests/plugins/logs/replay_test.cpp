// Replays a recorded trace of real requests a hundred times over HTTP, with retries: stored records
// and hours must match the file exactly.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "ezapi/time.hpp"
#include "tests/plugins/logs/ingest_fixture.hpp"

namespace ezapi::tests {
namespace {

constexpr int kReplays = 100;
constexpr int kConnections = 16;
constexpr size_t kPerBody = 500;
constexpr std::chrono::minutes kShift{37};

struct TracedRequest {
    Timestamp time;
    std::int64_t tokens_in = 0;
    std::int64_t tokens_out = 0;
};

struct Sums {
    std::int64_t requests = 0;
    std::int64_t tokens_in = 0;
    std::int64_t tokens_out = 0;

    void add(const TracedRequest& request) {
        ++requests;
        tokens_in += request.tokens_in;
        tokens_out += request.tokens_out;
    }

    [[nodiscard]] std::string text() const {
        return std::to_string(requests) + " " + std::to_string(tokens_in) + " " +
               std::to_string(tokens_out);
    }
};

std::filesystem::path trace_file() {
    const char* shared = std::getenv("EZ_SHARED_DIR");
    return std::filesystem::path(shared != nullptr ? shared : EZAPI_SOURCE_DIR "/../shared") /
           "data" / "azure-llm-trace" / "code.csv";
}

std::vector<TracedRequest> read_trace() {
    std::ifstream file(trace_file());
    std::vector<TracedRequest> out;
    std::string line;
    std::getline(file, line);  // the header
    while (std::getline(file, line)) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        const size_t first = line.find(',');
        const size_t second = line.find(',', first + 1);
        const auto time = parse_time(line.substr(0, first) + "Z");
        if (!time) continue;
        out.push_back({*time,
                       std::stoll(line.substr(first + 1, second - first - 1)),
                       std::stoll(line.substr(second + 1))});
    }
    return out;
}

class TraceReplay : public InstanceTest {
protected:
    InstanceOptions options() const override { return {.plugins = {"logs"}}; }

    void SetUp() override {
        if (!std::filesystem::exists(trace_file())) GTEST_SKIP() << trace_file() << " is not there";
        InstanceTest::SetUp();
        if (!IsSkipped()) trace_ = read_trace();
    }

    [[nodiscard]] std::string body(int replay, size_t start) const {
        std::string out = "[";
        for (size_t i = start; i < std::min(start + kPerBody, trace_.size()); ++i) {
            const TracedRequest& request = trace_[i];
            out += (i == start ? "" : ",") +
                   ("{\"request_id\":\"" + std::to_string(replay) + "-" + std::to_string(i)) +
                   "\",\"key_id\":" + std::to_string(1 + i % 50) + ",\"model\":\"code\"" +
                   ",\"tokens_in\":" + std::to_string(request.tokens_in) +
                   ",\"tokens_out\":" + std::to_string(request.tokens_out) + ",\"created_at\":\"" +
                   format_time(request.time + replay * kShift) + "\"}";
        }
        return out + "]";
    }

    /// Sends a body until it is accepted; every tenth body once more.
    void send(HttpClient& client, size_t number) {
        const size_t bodies = (trace_.size() + kPerBody - 1) / kPerBody;
        const std::string text =
            body(static_cast<int>(number / bodies), number % bodies * kPerBody);
        for (int copies = number % 10 == 0 ? 2 : 1; copies > 0; --copies) {
            HttpAnswer answer;
            do answer = ingest(client, text);
            while (answer.status == 429 || answer.status == 503);
            if (answer.status != 200) ++refused_;
            const nlohmann::json told = answer.json();
            accepted_ += told["accepted"].get<std::int64_t>();
            duplicates_ += told["duplicates"].get<std::int64_t>();
        }
    }

    void replay() {
        const size_t bodies = (trace_.size() + kPerBody - 1) / kPerBody * kReplays;
        std::atomic<size_t> next{0};
        std::vector<std::thread> clients;
        for (int i = 0; i < kConnections; ++i) {
            clients.emplace_back([&] {
                HttpClient client = instance().internal();
                for (size_t number = next++; number < bodies; number = next++) send(client, number);
            });
        }
        for (std::thread& client : clients) client.join();
    }

    std::vector<TracedRequest> trace_;
    std::atomic<std::int64_t> accepted_{0};
    std::atomic<std::int64_t> duplicates_{0};
    std::atomic<int> refused_{0};
};

TEST_F(TraceReplay, IsCountedExactly) {
    ASSERT_EQ(trace_.size(), 8819U);
    replay();

    Sums all;
    std::map<std::string, Sums> hours;
    for (int i = 0; i < kReplays; ++i) {
        for (const TracedRequest& request : trace_) {
            all.add(request);
            hours[format_time(std::chrono::floor<std::chrono::hours>(request.time + i * kShift))]
                .add(request);
        }
    }
    EXPECT_EQ(refused_, 0);
    EXPECT_EQ(accepted_, all.requests);
    EXPECT_GT(duplicates_, all.requests / 20);
    SqlReader sql(instance().dsn());
    EXPECT_EQ(sql.value("SELECT concat_ws(' ', count(*), sum(tokens_in), sum(tokens_out))"
                        " FROM request_logs"),
              all.text());
    const auto rows = sql.query(
        "SELECT to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),"
        " concat_ws(' ', sum(requests), sum(tokens_in), sum(tokens_out))"
        " FROM request_log_hours GROUP BY hour");
    EXPECT_EQ(rows.size(), hours.size());
    for (const SqlRow& row : rows) EXPECT_EQ(*row[1], hours[*row[0]].text()) << *row[0];
}

}  // namespace
}  // namespace ezapi::tests
