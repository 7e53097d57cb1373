// Those who wait until a change is in Redis. None of them holds a thread: one thread of this plugin
// asks the database for all of them at once, when something was pushed here, and now and then for
// what another instance has pushed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace ezapi::sync {

class ChangeWaits {
public:
    using Clock = std::chrono::steady_clock;

    enum class State { pending, applied, dead };
    using Done = std::function<void(State)>;
    /// The states of revisions; those that are unknown or pending may be left out. May throw.
    using Ask = std::function<std::map<std::int64_t, State>(const std::vector<std::int64_t>&)>;

    explicit ChangeWaits(Ask ask, size_t most = 10000);
    ~ChangeWaits();
    ChangeWaits(const ChangeWaits&) = delete;
    ChangeWaits& operator=(const ChangeWaits&) = delete;

    /// Calls `done` once, on the thread of this object: when the revision is applied or dead,
    /// after `limit`, or at the end. False: too many wait, or it has ended; `done` is not called.
    [[nodiscard]] bool add(std::int64_t revision, std::chrono::milliseconds limit, Done done);

    /// Something was pushed.
    void look();

    /// Lets everybody go, as pending, and ends the thread.
    void close();

private:
    struct Waiting {
        std::int64_t revision;
        Clock::time_point until;
        Done done;
    };

    void run();
    void round(std::unique_lock<std::mutex>& lock);
    void wait_for_news(std::unique_lock<std::mutex>& lock);

    Ask ask_;
    size_t most_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Waiting> waiting_;
    std::chrono::milliseconds pause_{};
    bool news_ = false;
    bool closed_ = false;
    std::thread thread_;  // last: it uses the others
};

}  // namespace ezapi::sync
