#include "host/http/memory/out_of_memory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <new>
#include <set>
#include <thread>

#include "tests/host/http/served.hpp"

namespace ezapi::host::http {
namespace {

using Step = std::function<void()>;

/// Whether the second failure of one allocation throws on a thread of this name, while there is
/// memory: operator new would have asked for more than there is.
bool throws(const char* name, const std::function<void(const Step&)>& run) {
    bool thrown = false;
    std::thread thread([&] {
        const ThreadNamed named(name);
        run([&] {
            try {
                for (int i = 0; i < 2; ++i) std::get_new_handler()();
            } catch (const std::bad_alloc&) {
                thrown = true;
            }
        });
    });
    thread.join();
    return thrown;
}

TEST(OutOfMemory, ALargeAllocationThrowsUnlessPistacheMadeIt) {
    install_out_of_memory_rule();
    const auto plainly = [](const Step& fail) { fail(); };
    const auto in_a_callback = [](const Step& fail) {
        const InCallback scope;
        fail();
    };
    const auto after_a_callback = [](const Step& fail) {
        { const InCallback scope; }
        fail();
    };
    for (const char* name : {kNetworkThread, kAcceptThread}) {
        EXPECT_FALSE(throws(name, plainly)) << name;
        EXPECT_TRUE(throws(name, in_a_callback)) << name;
        EXPECT_FALSE(throws(name, after_a_callback)) << name;
    }
    EXPECT_TRUE(throws("worker", plainly));
}

TEST(OutOfMemory, TheReserveComesBack) {
    install_out_of_memory_rule();
    EXPECT_FALSE(restore_reserve()) << "it was not used";
    std::thread([] {
        const ThreadNamed named(kNetworkThread);
        std::get_new_handler()();
    }).join();
    EXPECT_TRUE(restore_reserve());
    EXPECT_FALSE(restore_reserve());
}

std::string name_in(const std::filesystem::path& task) {
    std::string name;
    std::getline(std::ifstream(task / "comm"), name);
    return name;
}

class OutOfMemoryServed : public Served {};

TEST_F(OutOfMemoryServed, ThreadsOfPistacheHaveItsNames) {
    const std::string main_thread = name_in("/proc/self");
    start();
    EXPECT_EQ(ask(get_request("/ping")).status, 200);
    std::multiset<std::string> names;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
        names.insert(name_in(task.path()));
    EXPECT_EQ(names.count(kAcceptThread), 1U);
    EXPECT_GE(names.count(kNetworkThread), 1U);
    EXPECT_EQ(name_in("/proc/self"), main_thread);
}

}  // namespace
}  // namespace ezapi::host::http
