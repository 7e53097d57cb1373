#include "host/db/side_thread.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "ezapi/error.hpp"

namespace ezapi::host::db {
namespace {

constexpr size_t kMostWaiting = 64;
constexpr std::chrono::milliseconds kFarewell{1000};

}  // namespace

struct SideThread::State {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> waiting;
    bool stopping = false;
    bool finished = false;
    std::thread thread;  // started by the first work

    void run() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return stopping || !waiting.empty(); });
            if (stopping) break;
            std::function<void()> work = std::move(waiting.front());
            waiting.pop_front();
            lock.unlock();
            (void)guard(nullptr, work);  // no caller is left to report an error to
            work = nullptr;
            lock.lock();
        }
        finished = true;
        changed.notify_all();
    }
};

SideThread::SideThread() : state_(std::make_shared<State>()) {}

SideThread::~SideThread() {
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    // Destroyed outside the lock: what was posted may own connections.
    const std::deque<std::function<void()>> dropped = std::move(state_->waiting);
    state_->waiting.clear();
    state_->changed.notify_all();
    if (!state_->thread.joinable()) return;
    const bool finished =
        state_->changed.wait_for(lock, kFarewell, [this] { return state_->finished; });
    std::thread thread = std::move(state_->thread);
    lock.unlock();
    if (finished) {
        thread.join();
    } else {
        thread.detach();
    }
}

bool SideThread::post(std::function<void()> work) {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping || state_->waiting.size() >= kMostWaiting) return false;
    if (!state_->thread.joinable())
        state_->thread = std::thread([state = state_] { state->run(); });
    state_->waiting.push_back(std::move(work));
    state_->changed.notify_all();
    return true;
}

}  // namespace ezapi::host::db
