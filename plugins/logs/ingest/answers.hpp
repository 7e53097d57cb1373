// Tells clients how the commit of their records went, on a thread of its own: to put dozens of
// answers on their way takes about as long as a commit, and the next group need not wait for it.
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

/// A group that the database has been asked to store.
struct Written {
    std::vector<std::unique_ptr<Delivery>> group;
    std::vector<RowRef> rows;  // of its bodies, in order
    std::optional<Error> failure;
};

class Answers {
public:
    using Tell = std::function<void(Written&)>;

    explicit Answers(Tell tell) : tell_(std::move(tell)), thread_([this] { run(); }) {}

    /// After the last answer.
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
    std::thread thread_;  // last: it uses the others
};

}  // namespace ezapi::logs
