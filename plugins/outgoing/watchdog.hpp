// Aborts a session's connection when the deadline passes or the caller cancels. Poco's timeouts
// apply to each single read, so a server that sends one byte at a time would never reach them.
#pragma once

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace ezapi::outgoing {

class Watchdog {
public:
    using Clock = std::chrono::steady_clock;

    /// `session` and `cancelled` must outlive this object.
    Watchdog(Poco::Net::HTTPClientSession& session,
             Clock::time_point deadline,
             const std::function<bool()>& cancelled)
        : thread_([this, &session, deadline, &cancelled] {
              std::unique_lock lock(mutex_);
              while (!done_) {
                  idle_.wait_for(lock, kLook, [this] { return done_; });
                  if (done_ || (Clock::now() < deadline && !cancelled())) continue;
                  cut_ = true;  // repeated, as the session may not be connected yet
                  abort(session);
              }
          }) {}

    ~Watchdog() {
        {
            const std::lock_guard lock(mutex_);
            done_ = true;
        }
        idle_.notify_all();
        thread_.join();
    }

    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    [[nodiscard]] bool cut() {
        const std::lock_guard lock(mutex_);
        return cut_;
    }

private:
    static constexpr std::chrono::milliseconds kLook{100};

    static void abort(Poco::Net::HTTPClientSession& session) {
        try {
            session.abort();
        } catch (const Poco::Exception&) {
            return;  // not connected: nothing to abort
        }
    }

    std::mutex mutex_;
    std::condition_variable idle_;
    bool done_ = false;
    bool cut_ = false;
    std::thread thread_;
};

}  // namespace ezapi::outgoing
