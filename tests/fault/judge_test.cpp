// The checker finds each kind of violation, and none when there is none.
#include "tests/fault/judge.hpp"

#include <gtest/gtest.h>

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const KeyName kKey{"meta:features", "f"};

class Judge : public ::testing::Test {
protected:
    void did(Operation operation) {
        operation.number = static_cast<std::int64_t>(operations_[kKey].size()) + 1;
        operations_[kKey].push_back(operation);
    }

    void saw(std::optional<int> number, Clock::duration at) {
        Seen seen{begin_ + at, kKey.resource, kKey.id, std::nullopt, 0};
        if (number) seen.content = R"({"value":{"number":)" + std::to_string(*number) + "}}";
        seen_.push_back(std::move(seen));
    }

    void applied(std::int64_t revision) {
        applied_.push_back({begin_, "epoch", revision, seen_.size()});
    }

    [[nodiscard]] size_t faults_of_node() const {
        Verdict verdict;
        judge_node(operations_, seen_, applied_, verdict);
        return verdict.violations.size();
    }

    [[nodiscard]] size_t faults_of(std::optional<int> number) const {
        Verdict verdict;
        State state;
        if (number) state[kKey] = {*number, true};
        judge_state(operations_, state, "it", verdict);
        return verdict.violations.size();
    }

    static Operation write(std::int64_t revision) {
        return {.acknowledged = true, .revision = revision};
    }

    static Operation removal(std::int64_t revision) {
        return {.present = false, .acknowledged = true, .revision = revision};
    }

    Clock::time_point begin_ = Clock::now();
    std::map<KeyName, Operations> operations_;
    std::vector<Seen> seen_;
    std::vector<Applied> applied_;
};

TEST_F(Judge, WantsTheLastAcknowledgedOperationOrTheOneInDoubt) {
    did(write(1));
    did(write(2));
    EXPECT_EQ(faults_of(2), 0U);
    EXPECT_EQ(faults_of(1), 1U) << "lost";
    EXPECT_EQ(faults_of(std::nullopt), 1U) << "lost";
    did({});
    EXPECT_EQ(faults_of(2), 0U);
    EXPECT_EQ(faults_of(3), 0U);
    EXPECT_EQ(faults_of(1), 1U);
}

TEST_F(Judge, WantsWhatIsDeletedToStayAway) {
    did(write(1));
    did(removal(2));
    EXPECT_EQ(faults_of(std::nullopt), 0U);
    EXPECT_EQ(faults_of(1), 1U);
}

TEST_F(Judge, LetsANodeSkipButNotGoBack) {
    did(write(1));
    did(write(2));
    did(removal(3));
    did(write(4));
    saw(1, 1s);
    saw(std::nullopt, 2s);
    saw(4, 3s);
    EXPECT_EQ(faults_of_node(), 0U);
    saw(2, 4s);
    EXPECT_EQ(faults_of_node(), 1U);
}

TEST_F(Judge, SeesAResurrectionAndAHoleThatNobodyMade) {
    did(write(1));
    did(removal(2));
    saw(1, 1s);
    saw(std::nullopt, 2s);
    saw(1, 3s);
    EXPECT_EQ(faults_of_node(), 1U) << "it came back";
    operations_.clear();
    seen_.clear();
    did(write(1));
    saw(1, 1s);
    saw(std::nullopt, 2s);
    EXPECT_EQ(faults_of_node(), 1U) << "half a full push";
}

TEST_F(Judge, HoldsToWhatWasToldToBeApplied) {
    did(write(1));
    Operation revocation = removal(2);
    revocation.applied = begin_ + 10s;
    did(revocation);
    saw(1, 9s);
    EXPECT_EQ(faults_of_node(), 0U);
    seen_.clear();
    saw(1, 11s);
    EXPECT_EQ(faults_of_node(), 1U);
}

TEST_F(Judge, HoldsANodeToTheRevisionThatItReports) {
    did(write(5));
    did(write(9));
    saw(1, 1s);
    applied(8);
    saw(2, 2s);
    applied(9);
    EXPECT_EQ(faults_of_node(), 0U);
    did(write(12));
    applied(12);
    EXPECT_EQ(faults_of_node(), 1U) << "it says so and does not hold it";
    applied_.clear();
    applied(9);
    applied(7);
    EXPECT_EQ(faults_of_node(), 1U) << "it went back";
}

}  // namespace
}  // namespace ezapi::tests
