#include "host/app/health.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "host/telemetry/log.hpp"
#include "tests/support/eventually.hpp"

namespace {

using namespace std::chrono_literals;
using ezapi::host::app::Check;
using ezapi::host::app::HealthMonitor;
using ezapi::tests::eventually;

class HealthTest : public testing::Test {
protected:
    HealthTest() {
        ezapi::host::telemetry::set_sink([](std::string_view) {});
    }

    ~HealthTest() override { ezapi::host::telemetry::set_sink({}); }
};

TEST_F(HealthTest, IsNotGoodBeforeItIsKnown) {
    std::atomic<bool> release{false};
    HealthMonitor monitor({{"slow", true, [&] {
                                while (!release) std::this_thread::yield();
                            }}});
    EXPECT_FALSE(monitor.findings().at(0).ok);
    release = true;
    EXPECT_TRUE(eventually(20s, [&] { return monitor.findings().at(0).ok; }));
}

TEST_F(HealthTest, FollowsWhatTheProbeFinds) {
    std::atomic<bool> away{false};
    HealthMonitor monitor({{"store",
                            true,
                            [&] {
                                if (away) throw std::runtime_error("no answer");
                            }}},
                          1ms);
    EXPECT_TRUE(eventually(20s, [&] { return monitor.findings().at(0).ok; }));
    away = true;
    EXPECT_TRUE(eventually(20s, [&] { return monitor.findings().at(0).error == "no answer"; }));
    away = false;
    EXPECT_TRUE(eventually(20s, [&] { return monitor.findings().at(0).ok; }));
    EXPECT_EQ(monitor.findings().at(0).error, "");
}

TEST_F(HealthTest, TakesAProbeThatHangsForAFailure) {
    std::atomic<bool> hang{false};
    HealthMonitor monitor({{"store",
                            true,
                            [&] {
                                while (hang) std::this_thread::yield();
                            }},
                           {"other", false, [] {}}},
                          1ms,
                          50ms);
    EXPECT_TRUE(eventually(20s, [&] { return monitor.findings().at(0).ok; }));
    hang = true;
    EXPECT_TRUE(
        eventually(20s, [&] { return monitor.findings().at(0).error == "does not answer"; }));
    EXPECT_TRUE(monitor.findings().at(1).ok) << "one that hangs says nothing about the others";
    hang = false;
}

}  // namespace
