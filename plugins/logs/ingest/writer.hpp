// The one thread of this process that writes request records.
//
// It takes all bodies that wait and writes them in one transaction; while it does, the next ones
// gather. So groups grow with the load, nobody who waits for an answer waits for a timer, and the
// cost of a commit is shared. Bodies that wait for their commit learn how it went, good or bad;
// those that were answered before are tried until they are stored.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "ezapi/log.hpp"
#include "ingest/figures.hpp"
#include "ingest/queue.hpp"
#include "rows/request_store.hpp"

namespace ezapi::logs {

class Writer {
public:
    Writer(IngestQueue& queue, RequestStore store, const IngestFigures& figures, Log log);

    /// Writes what is in the queue, then ends.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

private:
    using Group = std::vector<std::unique_ptr<Delivery>>;

    void run();
    void write(Group& group);
    [[nodiscard]] bool store(std::span<RowRef> rows, bool answered);
    void store_or_split(std::span<RowRef> rows);
    void finish(Group& group, std::span<const RowRef> rows) const;
    void fail(Group& group, const Error& error) const;
    [[nodiscard]] bool pause(int tries) const;

    IngestQueue& queue_;
    RequestStore store_;
    const IngestFigures& figures_;
    Log log_;
    std::thread thread_;
};

}  // namespace ezapi::logs
