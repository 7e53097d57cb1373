#include "host/app/main_loop.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include "ezapi/error.hpp"
#include "host/telemetry/log.hpp"

namespace {

using namespace ezapi;
using host::app::MainLoop;

class MainLoopTest : public testing::Test {
protected:
    MainLoopTest() {
        host::telemetry::set_sink([](std::string_view) {});
        host::app::block_end_signals();
    }

    ~MainLoopTest() override { host::telemetry::set_sink({}); }
};

TEST_F(MainLoopTest, RunsTasksOnItsOwnThreadUntilASignal) {
    MainLoop loop;
    std::thread::id ran_on;
    auto caller = std::async(std::launch::async, [&] {
        loop.call([&] { ran_on = std::this_thread::get_id(); });
        ::kill(::getpid(), SIGTERM);
    });
    loop.run();
    caller.get();
    EXPECT_EQ(ran_on, std::this_thread::get_id());
    EXPECT_TRUE(loop.ending());
}

TEST_F(MainLoopTest, HandsWhatATaskThrowsToItsCaller) {
    MainLoop loop;
    auto caller = std::async(std::launch::async, [&] {
        const ez_status status =
            guard(nullptr, [&] { loop.call([] { throw Error(EZ_CONFLICT, "no"); }); });
        ::kill(::getpid(), SIGINT);
        return status;
    });
    loop.run();
    EXPECT_EQ(caller.get(), EZ_CONFLICT);
}

TEST_F(MainLoopTest, TakesNoTaskAtItsEnd) {
    MainLoop loop;
    ::kill(::getpid(), SIGTERM);
    loop.run();
    EXPECT_EQ(guard(nullptr, [&] { loop.call([] {}); }), EZ_UNAVAILABLE);
}

TEST_F(MainLoopTest, EndsAWaitWhenASignalComes) {
    MainLoop loop;
    EXPECT_FALSE(loop.wait_for_end(std::chrono::milliseconds(1)));
    ::kill(::getpid(), SIGTERM);
    EXPECT_TRUE(loop.wait_for_end(std::chrono::seconds(20)));
}

TEST_F(MainLoopTest, IgnoresAHangUp) {
    MainLoop loop;
    ::kill(::getpid(), SIGHUP);
    ::kill(::getpid(), SIGTERM);
    loop.run();
    EXPECT_TRUE(loop.ending());
}

}  // namespace
