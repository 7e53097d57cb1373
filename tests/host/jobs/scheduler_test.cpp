#include "host/jobs/scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

#include "ezapi/error.hpp"
#include "ezapi/str.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/metrics.hpp"
#include "tests/host/jobs/fake.hpp"

namespace {

using namespace ezapi;
using namespace ezapi::host::jobs;
using namespace ezapi::tests;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class SchedulerTest : public testing::Test {
protected:
    SchedulerTest() {
        host::telemetry::set_sink(
            [this](std::string_view line) { log_ += std::string(line) + "\n"; });
    }

    ~SchedulerTest() override { host::telemetry::set_sink({}); }

    Options options() {
        return {0, clock_.clock(), [this] { return chance_; }};
    }

    void every(const std::string& name,
               seconds period,
               std::function<void(const ez_run&)> run,
               int32_t scope = EZ_JOB_INSTANCE,
               bool at_start = false) {
        scheduler_.every("p", HostJob{name, scope, period, at_start, std::move(run)});
    }

    void count(const std::string& name,
               seconds period,
               int32_t scope = EZ_JOB_INSTANCE,
               bool at_start = false) {
        every(
            name, period, [this](const ez_run&) { ++runs_; }, scope, at_start);
    }

    FakeClock clock_;
    double chance_ = 0.5;  // no jitter
    FakeLeases leases_;
    host::telemetry::Metrics metrics_;
    std::string log_;
    int runs_ = 0;
    Scheduler scheduler_{options(), &leases_, &metrics_};
};

TEST_F(SchedulerTest, RunsNothingBeforeItIsLive) {
    count("a", seconds(10), EZ_JOB_INSTANCE, true);
    EXPECT_EQ(scheduler_.run_due(), 0U);
    scheduler_.activate("p");
    EXPECT_EQ(scheduler_.run_due(), 1U);
}

TEST_F(SchedulerTest, CountsThePeriodFromTheEndOfARun) {
    every("a", seconds(10), [this](const ez_run&) {
        ++runs_;
        clock_.advance(seconds(4));
    });
    scheduler_.activate("p");
    clock_.advance(seconds(10));
    scheduler_.run_due();
    clock_.advance(seconds(9));
    EXPECT_EQ(scheduler_.run_due(), 0U);
    clock_.advance(seconds(1));
    EXPECT_EQ(scheduler_.run_due(), 1U);
    EXPECT_EQ(runs_, 2);
}

TEST_F(SchedulerTest, StretchesThePeriodByChance) {
    chance_ = 1;
    count("a", seconds(10));
    scheduler_.activate("p");
    clock_.advance(milliseconds(10999));
    EXPECT_EQ(scheduler_.run_due(), 0U);
    clock_.advance(milliseconds(1));
    EXPECT_EQ(scheduler_.run_due(), 1U);
}

TEST_F(SchedulerTest, RunsAtOnceWhenTriggered) {
    count("a", seconds(10));
    scheduler_.activate("p");
    scheduler_.trigger("p", "a");
    EXPECT_EQ(scheduler_.run_due(), 1U);
    EXPECT_EQ(scheduler_.run_due(), 0U);
}

TEST_F(SchedulerTest, RunsOnceMoreWhenTriggeredDuringARun) {
    every("a", seconds(10), [this](const ez_run&) {
        if (++runs_ == 1) scheduler_.trigger("p", "a");
    });
    scheduler_.activate("p");
    scheduler_.trigger("p", "a");
    scheduler_.run_due();
    scheduler_.run_due();
    EXPECT_EQ(runs_, 2);
}

TEST_F(SchedulerTest, SaysThatNoSuchJobCanBeTriggered) {
    EXPECT_EQ(guard(nullptr, [&] { scheduler_.trigger("p", "x"); }), EZ_NOT_FOUND);
}

TEST_F(SchedulerTest, ShowsAFailureAndGoesOn) {
    every("a", seconds(10), [this](const ez_run&) {
        if (++runs_ < 3) throw std::runtime_error("no luck");
    });
    scheduler_.activate("p");
    for (int i = 0; i < 2; ++i) {
        clock_.advance(seconds(10));
        scheduler_.run_due();
    }
    EXPECT_EQ(scheduler_.status("p").at(0).last_error, "no luck");
    EXPECT_THAT(metrics_.expose(),
                HasSubstr("ezapi_job_runs_total{job=\"p/a\",result=\"failed\"} 2"));
    EXPECT_EQ(log_.find("failed: no luck"), log_.rfind("failed: no luck"))
        << "told once, not at each run";
    clock_.advance(seconds(10));
    scheduler_.run_due();
    EXPECT_EQ(scheduler_.status("p").at(0).last_error, "");
    EXPECT_THAT(log_, HasSubstr("succeeds again"));
}

TEST_F(SchedulerTest, NamesWhatADatabaseHasRefused) {
    every("a", seconds(10), [](const ez_run&) {
        throw Error(EZ_CONFLICT, "this value exists already")
            .with_sqlstate("23505")
            .with_field("masters_name_key");
    });
    scheduler_.activate("p");
    clock_.advance(seconds(10));
    scheduler_.run_due();
    EXPECT_EQ(scheduler_.status("p").at(0).last_error,
              "this value exists already (23505 masters_name_key)");
}

TEST_F(SchedulerTest, RefusesJobsThatMakeNoSense) {
    const auto status_of = [&](const char* name, milliseconds period, int32_t scope) {
        return guard(nullptr, [&] {
            scheduler_.every("p", HostJob{name, scope, period, false, [](auto&) {}});
        });
    };
    EXPECT_EQ(status_of("", seconds(1), EZ_JOB_INSTANCE), EZ_INVALID);
    EXPECT_EQ(status_of("a", seconds(0), EZ_JOB_INSTANCE), EZ_INVALID);
    EXPECT_EQ(status_of("a", seconds(1), 7), EZ_INVALID);
    EXPECT_EQ(status_of("a", seconds(1), EZ_JOB_INSTANCE), EZ_OK);
    EXPECT_EQ(status_of("a", seconds(1), EZ_JOB_INSTANCE), EZ_CONFLICT);
}

TEST_F(SchedulerTest, RunsAClusterJobUnderALease) {
    int64_t fence = 0;
    every(
        "a", seconds(10), [&](const ez_run& run) { fence = run.fence; }, EZ_JOB_CLUSTER);
    scheduler_.activate("p");
    clock_.advance(seconds(10));
    scheduler_.run_due();
    EXPECT_EQ(fence, 1);
    EXPECT_EQ(leases_.last_rest, seconds(8));
    EXPECT_EQ(leases_.released, 1);
}

TEST_F(SchedulerTest, AsksForNoRestWhenTheRunWasAskedFor) {
    count("a", seconds(10), EZ_JOB_CLUSTER, /*at_start=*/true);
    scheduler_.activate("p");
    scheduler_.run_due();
    EXPECT_EQ(leases_.last_rest, seconds(0));
}

TEST_F(SchedulerTest, LeavesAClusterJobToTheProcessThatHoldsIt) {
    leases_.held_elsewhere = true;
    count("a", seconds(10), EZ_JOB_CLUSTER);
    scheduler_.activate("p");
    clock_.advance(seconds(10));
    scheduler_.run_due();
    EXPECT_EQ(runs_, 0);
    EXPECT_EQ(leases_.released, 0);
    EXPECT_EQ(scheduler_.status("p").at(0).next_run_in, seconds(10));
}

TEST_F(SchedulerTest, TriesATriggeredRunAgainSoonWhileAnotherProcessRuns) {
    leases_.held_elsewhere = true;
    count("a", seconds(60), EZ_JOB_CLUSTER);
    scheduler_.activate("p");
    scheduler_.trigger("p", "a");
    scheduler_.run_due();
    leases_.held_elsewhere = false;
    clock_.advance(seconds(1));
    scheduler_.run_due();
    EXPECT_EQ(runs_, 1);
    EXPECT_EQ(leases_.last_rest, seconds(0));
}

TEST_F(SchedulerTest, SkipsAClusterJobWhileTheDatabaseIsAwayAndSaysSoOnce) {
    leases_.away = true;
    count("a", seconds(3600), EZ_JOB_CLUSTER, /*at_start=*/true);
    scheduler_.activate("p");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(scheduler_.run_due(), 1U);
        clock_.advance(seconds(10));
    }
    EXPECT_EQ(runs_, 0);
    EXPECT_EQ(log_.find("skipped: database away"), log_.rfind("skipped: database away"));
    EXPECT_THAT(metrics_.expose(), HasSubstr("result=\"skipped\"} 3"));
    leases_.away = false;
    scheduler_.run_due();
    EXPECT_EQ(runs_, 1);
}

TEST_F(SchedulerTest, TellsARunToStopWhenItsLeaseCannotBeTrusted) {
    bool before = true;
    bool after = false;
    every(
        "a",
        seconds(10),
        [&](const ez_run& run) {
            before = run.stopping();
            clock_.advance(seconds(28));
            after = run.stopping();
        },
        EZ_JOB_CLUSTER,
        true);
    scheduler_.activate("p");
    scheduler_.run_due();
    EXPECT_FALSE(before);
    EXPECT_TRUE(after);
}

TEST_F(SchedulerTest, RunsNothingOfARetiredOwner) {
    count("a", seconds(10));
    scheduler_.activate("p");
    EXPECT_TRUE(scheduler_.retire("p", clock_.now));
    clock_.advance(seconds(10));
    EXPECT_EQ(scheduler_.run_due(), 0U);
    scheduler_.discard("p");
    EXPECT_TRUE(scheduler_.status("p").empty());
}

ez_status count_run(void* user, const ez_run*, ez_error*) noexcept {
    ++*static_cast<int*>(user);
    return EZ_OK;
}

int freed = 0;

void note_free(void*) noexcept {
    ++freed;
}

TEST_F(SchedulerTest, CallsAPluginsFunctionAndFreesItOnce) {
    freed = 0;
    const ez_job job = {
        sizeof(ez_job), EZ_JOB_INSTANCE, str("a"), 1000, 1, count_run, &runs_, note_free};
    scheduler_.every("p", job);
    EXPECT_EQ(guard(nullptr, [&] { scheduler_.every("p", job); }), EZ_CONFLICT);
    EXPECT_EQ(freed, 1) << "a refused registration is freed";
    scheduler_.activate("p");
    scheduler_.run_due();
    EXPECT_EQ(runs_, 1);
    scheduler_.discard("p");
    EXPECT_EQ(freed, 2);
}

TEST_F(SchedulerTest, WaitsForARunInFlightAndTellsItToStop) {
    Scheduler threaded({2, steady_clock(), {}}, nullptr, nullptr);
    std::promise<void> began;
    std::atomic<bool> ended{false};
    threaded.every("p", HostJob{"a", EZ_JOB_INSTANCE, seconds(1), true, [&](const ez_run& run) {
                                    began.set_value();
                                    while (!run.stopping()) std::this_thread::yield();
                                    ended = true;
                                }});
    threaded.activate("p");
    threaded.start();
    began.get_future().wait();
    EXPECT_TRUE(threaded.retire("p", std::chrono::steady_clock::now() + seconds(20)));
    EXPECT_TRUE(ended);
}

TEST_F(SchedulerTest, SaysWhenARunDoesNotEndInTime) {
    Scheduler threaded({1, steady_clock(), {}}, nullptr, nullptr);
    std::promise<void> began;
    std::promise<void> release;
    threaded.every("p", HostJob{"a", EZ_JOB_INSTANCE, seconds(1), true, [&](const ez_run&) {
                                    began.set_value();
                                    release.get_future().wait();
                                }});
    threaded.activate("p");
    threaded.start();
    began.get_future().wait();
    EXPECT_FALSE(threaded.retire("p", std::chrono::steady_clock::now()));
    release.set_value();
}

TEST_F(SchedulerTest, NeverRunsAJobBesideItself) {
    Scheduler threaded({4, steady_clock(), {}}, nullptr, nullptr);
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::atomic<int> total{0};
    std::promise<void> enough;
    threaded.every("p", HostJob{"a", EZ_JOB_INSTANCE, milliseconds(1), true, [&](const ez_run&) {
                                    const int now = ++inside;
                                    if (now > most) most = now;
                                    if (++total == 50) enough.set_value();
                                    if (total < 50) threaded.trigger("p", "a");
                                    --inside;
                                }});
    threaded.activate("p");
    threaded.start();
    enough.get_future().wait();
    EXPECT_EQ(most, 1);
}

}  // namespace
