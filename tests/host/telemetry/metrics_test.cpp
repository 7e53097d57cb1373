#include "host/telemetry/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

#include "ezapi/error.hpp"

namespace {

using namespace ezapi;
using host::telemetry::Metrics;
using testing::HasSubstr;
using testing::Not;

template <class Call>
ez_status status_of(Call&& call) {
    return guard(nullptr, std::forward<Call>(call));
}

TEST(Metrics, ExposesAllThreeKinds) {
    Metrics metrics;
    metrics.counter("ezapi_things_total", "Things.", {{"kind", "a\"b"}}).record(2);
    metrics.gauge("ezapi_depth", "Depth.").record(7);
    metrics.histogram("ezapi_wait_seconds", "Wait.", {}, {0.1, 1}).record(0.5);
    const std::string text = metrics.expose();
    EXPECT_THAT(text, HasSubstr("# TYPE ezapi_things_total counter"));
    EXPECT_THAT(text, HasSubstr("ezapi_things_total{kind=\"a\\\"b\"} 2"));
    EXPECT_THAT(text, HasSubstr("ezapi_depth 7"));
    EXPECT_THAT(text, HasSubstr("ezapi_wait_seconds_bucket{le=\"0.1\"} 0"));
    EXPECT_THAT(text, HasSubstr("ezapi_wait_seconds_bucket{le=\"+Inf\"} 1"));
}

TEST(Metrics, GivesTheSameHandleForTheSameNameAndLabels) {
    Metrics metrics;
    auto& first = metrics.counter("a_total", "A.", {{"x", "1"}});
    EXPECT_EQ(&first, &metrics.counter("a_total", "A.", {{"x", "1"}}));
    EXPECT_NE(&first, &metrics.counter("a_total", "A.", {{"x", "2"}}));
}

TEST(Metrics, RemovesASeriesWithItsLastHandle) {
    Metrics metrics;
    auto& first = metrics.gauge("ezapi_depth", "Depth.", {{"node", "a"}});
    auto& again = metrics.gauge("ezapi_depth", "Depth.", {{"node", "a"}});
    metrics.gauge("ezapi_depth", "Depth.", {{"node", "b"}}).record(2);
    metrics.release(&first);
    EXPECT_THAT(metrics.expose(), HasSubstr("ezapi_depth{node=\"a\"}")) << "still held";
    metrics.release(&again);
    EXPECT_THAT(metrics.expose(), Not(HasSubstr("node=\"a\"")));
    EXPECT_THAT(metrics.expose(), HasSubstr("ezapi_depth{node=\"b\"} 2"));
    metrics.release(nullptr);
    metrics.gauge("ezapi_depth", "Depth.", {{"node", "a"}}).record(3);
    EXPECT_THAT(metrics.expose(), HasSubstr("ezapi_depth{node=\"a\"} 3"));
    for (const int32_t kind : {EZ_COUNTER, EZ_HISTOGRAM}) {
        const std::string name = kind == EZ_COUNTER ? "ezapi_x_total" : "ezapi_x_seconds";
        metrics.release(&metrics.create({kind, name, "X.", {{"node", "c"}}, {}}));
        EXPECT_THAT(metrics.expose(), Not(HasSubstr("node=\"c\"")));
    }
}

TEST(Metrics, RefusesANameThatExistsWithAnotherKind) {
    Metrics metrics;
    metrics.gauge("ezapi_size", "Size.");
    EXPECT_EQ(status_of([&] { metrics.histogram("ezapi_size", "Size."); }), EZ_CONFLICT);
}

TEST(Metrics, RefusesNamesThatPromtoolWouldReport) {
    Metrics metrics;
    EXPECT_EQ(status_of([&] { metrics.counter("ezapi_things", "Things."); }), EZ_INVALID);
    EXPECT_EQ(status_of([&] { metrics.gauge("ezapi_things_total", "Things."); }), EZ_INVALID);
    EXPECT_EQ(status_of([&] { metrics.gauge("9lives", "Lives."); }), EZ_INVALID);
    EXPECT_EQ(status_of([&] { metrics.gauge("lives", ""); }), EZ_INVALID);
    EXPECT_EQ(status_of([&] { metrics.gauge("lives", "L.", {{"bad-label", "1"}}); }), EZ_INVALID);
    EXPECT_EQ(status_of([&] { metrics.histogram("h_seconds", "H.", {}, {2, 1}); }), EZ_INVALID);
}

TEST(Metrics, IgnoresValuesThatACounterCannotTake) {
    Metrics metrics;
    auto& counter = metrics.counter("a_total", "A.");
    counter.record(-1);
    counter.record(std::nan(""));
    counter.record(1);
    EXPECT_THAT(metrics.expose(), HasSubstr("a_total 1\n"));
}

TEST(Metrics, RefreshesGaugesBeforeEachExposition) {
    Metrics metrics;
    auto& gauge = metrics.gauge("age_seconds", "Age.");
    int calls = 0;
    metrics.before_expose([&] { gauge.record(++calls); });
    EXPECT_THAT(metrics.expose(), HasSubstr("age_seconds 1\n"));
    EXPECT_THAT(metrics.expose(), HasSubstr("age_seconds 2\n"));
}

TEST(Metrics, AreCreatedAndCountedFromManyThreads) {
    Metrics metrics;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 1000; ++i) metrics.counter("hits_total", "Hits.").record(1);
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_THAT(metrics.expose(), HasSubstr("hits_total 4000\n"));
}

}  // namespace
