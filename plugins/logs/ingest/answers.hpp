// Sends the answers after a commit, on a thread of its own: sending dozens of answers takes about
// as long as a commit, and the next group need not wait for it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "ezapi/error.hpp"
#include "ingest/delivery.hpp"
#include "rows/row_block.hpp"

namespace ezapi::logs {

/// A group that was passed to the database, and the outcome.
struct Written {
    std::vector<std::unique_ptr<Delivery>> group;
    std::vector<RowRef> rows;  // of its bodies, in the same order
    std::optional<Error> failure;
};

class Answers {
public:
    using Tell = std::function<void(Written&)>;

    explicit Answers(Tell tell) : tell_(std::move(tell)), thread_([this] { run(); }) {}

    /// Returns after the last answer.
    ~Answers();
    Answers(const Answers&) = delete;
    Answers& operator=(const Answers&) = delete;

    void add(Written written);

private:
    void run();

    const Tell tell_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Written> waiting_;
    bool closed_ = false;
    std::thread thread_;  // last member: it uses the others
};

}  // namespace ezapi::logs
