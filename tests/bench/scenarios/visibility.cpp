// The delay from the answer to a write until Redis shows the change.
#include <algorithm>
#include <chrono>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/bench/scenarios/scenarios.hpp"
#include "tests/bench/stack.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kWriters = 32;

/// One writer with a master of its own. For each write the milliseconds from its answer until Redis
/// shows it; 0 when it was there already.
std::vector<double> delays_of_writer(Stack& stack, size_t writer, size_t writes) {
    tests::HttpClient client = stack.instance().admin();
    tests::RedisReader redis(stack.redis().port());
    const std::string id = std::to_string(writer + 1);
    std::vector<double> delays;
    for (size_t n = 0; n < writes; ++n) {
        const std::string group = "g" + std::to_string(n);
        const auto answer = client.patch("/admin/masters/" + id, {{"group", group}});
        if (answer.status != 200) throw std::runtime_error("PATCH: " + answer.body);
        const auto answered = Clock::now();
        const std::string key = "auth:master:" + id;
        if (redis.field(key, "group") == group) {
            delays.push_back(0);
            continue;
        }
        while (redis.field(key, "group") != group) {
            if (Clock::now() - answered > std::chrono::seconds(10)) {
                throw std::runtime_error("a write was not in Redis 10 s after its answer");
            }
        }
        delays.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - answered).count());
    }
    return delays;
}

std::vector<double> delays_of_all(Stack& stack, size_t writes) {
    std::vector<double> all;
    std::vector<std::string> faults;
    std::mutex mutex;
    std::vector<std::thread> writers;
    for (size_t writer = 0; writer < kWriters; ++writer) {
        writers.emplace_back([&, writer] {
            try {
                const auto delays = delays_of_writer(stack, writer, writes);
                const std::lock_guard lock(mutex);
                all.insert(all.end(), delays.begin(), delays.end());
            } catch (const std::exception& error) {
                const std::lock_guard lock(mutex);
                faults.emplace_back(error.what());
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
    if (!faults.empty()) throw std::runtime_error(faults.front());
    return all;
}

/// The number of entities pushed so far, whatever the result.
double pushed(Stack& stack) {
    std::istringstream page(stack.instance().internal().get("/internal/metrics").body);
    double sum = 0;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("ezapi_sync_pushed_total{"))
            sum += std::stod(line.substr(line.rfind(' ')));
    }
    return sum;
}

bool all_show(tests::RedisReader& redis, const std::string& model, size_t bindings) {
    const auto snapshots = redis.hash("config:bindings");
    return snapshots.size() == bindings &&
           std::all_of(snapshots.begin(), snapshots.end(), [&](const auto& field) {
               return field.second.find(model) != std::string::npos;
           });
}

/// Seconds from the change of a group until every binding of it shows the change.
double seconds_to_reach(Stack& stack,
                        tests::HttpClient& client,
                        const std::string& group,
                        size_t bindings) {
    tests::RedisReader redis(stack.redis().port());
    const std::string model = "upstream-" + std::to_string(Clock::now().time_since_epoch().count());
    const auto begin = Clock::now();
    const auto answer = client.patch("/admin/provider-groups/" + group, {{"models", {model}}});
    if (answer.status != 200) throw std::runtime_error("PATCH: " + answer.body);
    while (!all_show(redis, model, bindings)) {
        if (Clock::now() - begin > std::chrono::seconds(30)) {
            throw std::runtime_error("not every binding shows the change after 30 s");
        }
    }
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::string make_group(tests::HttpClient& client) {
    client.post("/admin/namespaces", {{"name", "demo"}});
    const auto group = client.post("/admin/provider-groups",
                                   {{"name", "wide"},
                                    {"type", "openai"},
                                    {"base_url", "https://upstream.example/v1"},
                                    {"models", {"upstream"}}});
    if (group.status != 201) throw std::runtime_error("group: " + group.body);
    const std::string id = group.json()["id"].dump();
    client.post("/admin/api-keys",
                {{"group_id", group.json()["id"]}, {"name", "k"}, {"api_key", "sk-bench"}});
    return id;
}

void make_bindings(tests::HttpClient& client, const std::string& group, size_t count) {
    for (size_t made = 0; made < count;) {
        auto operations = nlohmann::json::array();
        while (operations.size() < 1000 && made < count) {
            operations.push_back({{"op", "create"},
                                  {"data",
                                   {{"namespace", "demo"},
                                    {"public_model", "m" + std::to_string(++made)},
                                    {"group_id", std::stoll(group)},
                                    {"selector_type", "regex"},
                                    {"selector_value", "."}}}});
        }
        const auto answer = client.post("/admin/bindings/batch", {{"operations", operations}});
        if (answer.status != 200) throw std::runtime_error("batch: " + answer.body);
    }
}

}  // namespace

void measure_visibility(Run& run) {
    Stack stack;
    for (size_t writer = 1; writer <= kWriters; ++writer) {  // ids 1 to kWriters
        stack.instance().admin().post("/admin/masters", {{"name", "m" + std::to_string(writer)}});
    }
    const std::vector<double> delays = delays_of_all(stack, run.sized(200));
    const auto at_once = std::count(delays.begin(), delays.end(), 0.0);
    run.add(against_limit("sync-visibility at the answer",
                          "of writes",
                          {static_cast<double>(at_once) / static_cast<double>(delays.size())},
                          0.5,
                          Better::more));
    run.add(against_limit("sync-visibility p99", "ms", {quantile(delays, 0.99)}, 5, Better::less));
}

void measure_burst(Run& run) {
    constexpr size_t kChanges = 1000;
    Stack stack;
    tests::HttpClient client = stack.instance().admin();
    tests::push_all(client);
    client.post("/admin/masters", {{"name", "bursting"}});
    tests::RedisReader redis(stack.redis().port());
    const double before = pushed(stack);
    stack.redis().pause();  // so that all of them wait for the same push
    (void)run_load(
        stack.admin(),
        {.method = "PATCH",
         .path = "/admin/masters/1",
         .connections = 32,
         .requests = kChanges,
         .body = [](size_t n) { return R"({"group":"g)" + std::to_string(n) + R"("})"; }});
    stack.redis().resume();
    const std::string last = stack.sql("SELECT \"group\" FROM masters WHERE id = 1");
    if (!tests::eventually(std::chrono::seconds(30),
                           [&] { return redis.field("auth:master:1", "group") == last; })) {
        throw std::runtime_error("the last change never came");
    }
    run.add(against_limit("sync-burst, pushes of 1,000 changes",
                          "pushes",
                          {pushed(stack) - before},
                          kChanges / 20,
                          Better::less));
}

void measure_group_change(Run& run) {
    Stack stack;
    tests::HttpClient client = stack.instance().admin();
    const std::string group = make_group(client);
    const size_t bindings = run.sized(10000);
    make_bindings(client, group, bindings);
    std::vector<double> seconds;
    for (size_t round = 0; round < run.rounds(); ++round) {
        seconds.push_back(seconds_to_reach(stack, client, group, bindings));
    }
    run.add(against_limit(
        "sync-group, " + std::to_string(bindings) + " bindings", "s", seconds, 1, Better::less));
}

}  // namespace ezapi::bench
