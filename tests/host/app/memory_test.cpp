// The process when memory runs out: requests are refused, the process survives, and it serves again
// once there is memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <future>
#include <sstream>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace {

using namespace ezapi::tests;
using namespace std::chrono_literals;
using nlohmann::json;

constexpr rlim_t kMiB = 1024UL * 1024;

/// Address space in use, as the limit counts it.
rlim_t address_space_of(int pid) {
    rlim_t pages = 0;
    std::ifstream("/proc/" + std::to_string(pid) + "/statm") >> pages;
    return pages * 4096;
}

void limit(int pid, rlim_t bytes) {
    const rlimit wanted{bytes, RLIM_INFINITY};
    ASSERT_EQ(prlimit(pid, RLIMIT_AS, &wanted, nullptr), 0);
}

bool lives(int pid) {
    std::string text;
    std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), text);
    return !text.empty() && text.find(") Z ") == std::string::npos;
}

/// A request whose answer does not matter.
void try_request(const Instance& instance, const std::string& path, size_t size) {
    try {
        HttpClient client(instance.port(), kAdminToken, 10s);
        if (size == 0) {
            (void)client.get(path);
        } else {
            (void)client.send("POST", path, "{\"name\":\"" + std::string(size, 'x') + "\"}");
        }
    } catch (const std::exception&) {
        return;  // the connection was cut
    }
}

TEST(Memory, ItsEndIsNotThatOfTheProcess) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers reserve address space of their own";
#endif
    for (const std::string& why : {PrivatePostgres::missing(), PrivateRedis::missing()}) {
        if (!why.empty()) GTEST_SKIP() << why;
    }
    Instance instance({.plugins = {"features", "sync"}});
    HttpClient admin = instance.admin();
    ASSERT_TRUE(eventually(
        30s, [&] { return !admin.get("/admin/sync").json()["last_full_push_at"].is_null(); }));
    const int pid = instance.pid();
    // Less memory with each step, so that each fails in other places.
    for (const rlim_t room : {64 * kMiB, 16 * kMiB, 4 * kMiB, 1 * kMiB, rlim_t{0}}) {
        limit(pid, address_space_of(pid) + room);
        std::vector<std::future<void>> clients;
        for (int i = 0; i < 8; ++i) {
            clients.push_back(std::async(std::launch::async, [&, i] {
                for (int n = 0; n < 10; ++n) {
                    try_request(instance, "/admin/features", i % 2 == 0 ? 4 * kMiB : 0);
                    try_request(instance, "/swagger/openapi.json", 0);
                    try_request(instance, "/admin/sync", 0);
                    try_request(instance, "/health", 0);
                }
            }));
        }
        for (std::future<void>& client : clients) client.wait();
        ASSERT_TRUE(lives(pid)) << room << " bytes were left\n" << instance.log();
        limit(pid, RLIM_INFINITY);
        EXPECT_TRUE(eventually(
            30s,
            [&] {
                try {
                    HttpClient again = instance.admin();
                    return again.put("/admin/features/after", {{"value", 1}}).status < 300 &&
                           again.get("/admin/sync").json()["redis"]["connected"] == true &&
                           again.get("/health").json()["status"] == "ok";
                } catch (const std::exception&) {
                    return false;
                }
            }))
            << "does not serve on after " << room << " bytes were left\n"
            << instance.log();
    }
}

}  // namespace
