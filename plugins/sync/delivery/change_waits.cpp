#include "delivery/change_waits.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "ezapi/error.hpp"

namespace ezapi::sync {
namespace {

constexpr std::chrono::milliseconds kShortestPause{20};
constexpr std::chrono::milliseconds kLongestPause{320};

}  // namespace

ChangeWaits::ChangeWaits(Ask ask, size_t most)
    : ask_(std::move(ask)), most_(most), thread_([this] { run(); }) {}

ChangeWaits::~ChangeWaits() {
    close();
}

bool ChangeWaits::add(std::int64_t revision, std::chrono::milliseconds limit, Done done) {
    const std::lock_guard lock(mutex_);
    if (closed_ || waiting_.size() >= most_) return false;
    waiting_.push_back({revision, Clock::now() + limit, std::move(done)});
    news_ = true;
    changed_.notify_one();
    return true;
}

void ChangeWaits::look() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return;
    news_ = true;
    changed_.notify_one();
}

void ChangeWaits::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

void ChangeWaits::run() {
    std::unique_lock lock(mutex_);
    while (!closed_) {
        wait_for_news(lock);
        // Without memory for a round the next one comes after a pause.
        if (!closed_ && !waiting_.empty()) (void)guard(nullptr, [&] { round(lock); });
        if (!lock.owns_lock()) lock.lock();
    }
    const std::vector<Waiting> rest = std::exchange(waiting_, {});
    lock.unlock();
    for (const Waiting& each : rest) each.done(State::pending);
}

/// Until something happens here, a time is over, or it is time to ask again.
void ChangeWaits::wait_for_news(std::unique_lock<std::mutex>& lock) {
    if (waiting_.empty()) {
        pause_ = kShortestPause;
        changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
    } else {
        Clock::time_point until = Clock::now() + pause_;
        for (const Waiting& each : waiting_) until = std::min(until, each.until);
        pause_ = std::min(pause_ * 2, kLongestPause);
        if (changed_.wait_until(lock, until, [&] { return closed_ || news_; }))
            pause_ = kShortestPause;
    }
    news_ = false;
}

void ChangeWaits::round(std::unique_lock<std::mutex>& lock) {
    std::set<std::int64_t> revisions;
    for (const Waiting& each : waiting_) revisions.insert(each.revision);
    lock.unlock();
    std::map<std::int64_t, State> states;
    // A database that is away ends nobody's wait: it may be back in time.
    (void)guard(nullptr, [&] { states = ask_({revisions.begin(), revisions.end()}); });
    lock.lock();
    const auto now = Clock::now();
    std::vector<std::pair<Done, State>> over;
    over.reserve(waiting_.size());  // so that none of them is lost on the way
    std::erase_if(waiting_, [&](Waiting& each) {
        const auto found = states.find(each.revision);
        const State state = found == states.end() ? State::pending : found->second;
        if (state == State::pending && now < each.until) return false;
        over.emplace_back(std::move(each.done), state);
        return true;
    });
    lock.unlock();
    for (const auto& [done, state] : over) done(state);
    lock.lock();
}

}  // namespace ezapi::sync
