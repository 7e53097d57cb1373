// Writers, two instances, a node of the data plane, and one or two faults at a time. Afterwards
// every acknowledged write is in PostgreSQL and in Redis, no reader has seen a state revert, and
// both stores agree soon after the last fault.
//
// EZ_TEST_FAULT_SECONDS and EZ_TEST_FAULT_SEED set the duration and the faults; see
// tests/fault/run.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "tests/dataplane/node.hpp"
#include "tests/fault/arena.hpp"
#include "tests/fault/faults.hpp"
#include "tests/fault/writer.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kWriters = 8;

int setting(const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
}

class Storm : public ::testing::Test {
protected:
    void SetUp() override {
        if (const std::string why = Arena::missing(); !why.empty()) GTEST_SKIP() << why;
        seed_ = static_cast<std::uint32_t>(setting("EZ_TEST_FAULT_SEED", 1));
        arena_ = std::make_unique<Arena>();
        ASSERT_TRUE(eventually(60s, [&] { return arena_->converged(); }));
        node_ = std::make_unique<DataplaneNode>(
            NodeOptions{.redis_port = arena_->redis.port(),
                        .id = "storm",
                        .fields = {"meta:features", "config:namespaces"},
                        .hashes = "auth:token"});
        for (int i = 0; i < kWriters; ++i) start_writer(i);
    }

    void start_writer(int number) {
        const std::string name = "w" + std::to_string(number);
        HttpClient admin = arena_->places[0].instance->admin();
        const HttpAnswer made = admin.post("/admin/masters", {{"name", name}});
        ASSERT_EQ(made.status, 201) << made.body;
        WriterOptions options;
        options.name = name;
        options.seed = seed_ * 100 + static_cast<std::uint32_t>(number);
        options.master = made.json().at("id");
        options.on_token = [this](const std::string& id) { node_->watch(id); };
        for (const Arena::Place& place : arena_->places)
            options.ports.push_back(place.instance->port());
        writers_.push_back(std::make_unique<Writer>(options, history_));
    }

    /// Returns the time that it took, at most a minute.
    std::chrono::duration<double> wait_for_convergence() {
        const auto begin = Clock::now();
        for (const auto& writer : writers_) writer->stop();
        EXPECT_TRUE(eventually(60s, [&] { return arena_->converged(); })) << difference();
        return Clock::now() - begin;
    }

    [[nodiscard]] std::string difference() const {
        std::string out;
        const State wanted = arena_->in_database();
        const State held = arena_->in_redis();
        for (const auto& [key, shown] : wanted) {
            const auto found = held.find(key);
            if (found == held.end() || found->second != shown) out += key.id + " ";
        }
        return out;
    }

    void keep_logs() const {
        for (size_t i = 0; i < arena_->places.size(); ++i) {
            const std::string path = "/tmp/ezapi-storm-" + std::to_string(i) + ".log";
            std::ofstream(path) << arena_->places[i].instance->log();
            std::cout << "log of instance " << i << ": " << path << "\n";
        }
    }

    std::uint32_t seed_ = 0;
    History history_;
    std::unique_ptr<Arena> arena_;
    std::unique_ptr<DataplaneNode> node_;
    std::vector<std::unique_ptr<Writer>> writers_;  // before what they write to
};

TEST_F(Storm, LosesNothingAndTakesNothingBack) {
    const auto end = Clock::now() + std::chrono::seconds(setting("EZ_TEST_FAULT_SECONDS", 20));
    Faults faults(*arena_, "storm", seed_);
    while (Clock::now() < end) faults.next();

    const auto took = wait_for_convergence();

    const std::int64_t last =
        std::stoll(RedisReader(arena_->redis.port()).field("meta:sync", "revision").value_or("0"));
    EXPECT_TRUE(eventually(30s, [&] { return node_->applied_revision() >= last; }))
        << "the node has not caught up";
    Verdict verdict;
    const auto operations = history_.operations();
    judge_state(operations, arena_->in_database(), "PostgreSQL", verdict);
    judge_state(operations, arena_->in_redis(), "Redis", verdict);
    judge_node(operations, node_->history(), node_->applied(), verdict);
    for (const std::string& each : history_.violations()) ADD_FAILURE() << each;
    for (const std::string& each : verdict.violations) ADD_FAILURE() << each;
    EXPECT_LE(took.count(), 5.0) << "convergence";

    std::map<std::string, int> written;
    for (const auto& [key, made] : operations) ++written[key.resource];
    for (const char* resource : {"meta:features", "auth:token", "config:namespaces"})
        EXPECT_GT(written[resource], 0) << resource;
    int acknowledged = 0;
    int unknown = 0;
    for (const auto& writer : writers_) {
        acknowledged += writer->acknowledged();
        unknown += writer->unknown();
    }
    std::cout << "seed " << seed_ << ":";
    for (const auto& [kind, count] : faults.done())
        std::cout << " " << count << " x " << kind << ",";
    std::cout << " " << acknowledged << " acknowledged writes, " << unknown << " in doubt, "
              << verdict.observations << " observations and " << verdict.promises
              << " promises checked, " << node_->refusals()
              << " times a Redis was not taken over, converged in " << took.count() << " s\n";
    EXPECT_GT(acknowledged, 0);
    EXPECT_GT(verdict.promises, 0U);
    if (HasFailure()) keep_logs();
}

}  // namespace
}  // namespace ezapi::tests
