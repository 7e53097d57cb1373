// The thread of this process that writes request records, and a second one for when there are many.
//
// It takes all bodies that wait and writes them in one transaction; while it does, the next ones
// gather. So groups grow with the load, nobody who waits for an answer waits for log.flush_ms, and
// the cost of a commit is shared. Where so many gather that a transaction of their own costs
// little, the second thread writes them meanwhile: one copies while the other waits for its commit.
//
// Clients that were answered a moment ago are about to send again. To hold on for them an eighth of
// the time that the last commit took (2 ms at most) lets them share one commit with those who wait
// already, instead of each half waiting out the commit of the other.
//
// Bodies that wait for their commit learn how it went, good or bad, from a thread of its own; those
// that were answered before are tried until they are stored.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "ezapi/log.hpp"
#include "ingest/answers.hpp"
#include "ingest/figures.hpp"
#include "ingest/queue.hpp"
#include "ingest/reuse_log.hpp"
#include "rows/request_store.hpp"

namespace ezapi::logs {

class Writer {
public:
    Writer(IngestQueue& queue, Db db, const IngestFigures& figures, Log log);

    /// Writes what is in the queue, then ends.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

private:
    using Group = std::vector<std::unique_ptr<Delivery>>;

    void run(size_t least);
    void write(Group group);
    void release(size_t records);
    void store_or_split(std::span<RowRef> rows);
    void tell(Written& written) const;
    void finish(Group& group, std::span<const RowRef> rows) const;
    void fail(Group& group, const Error& error) const;
    [[nodiscard]] bool pause(int tries) const;

    IngestQueue& queue_;
    RequestStore store_;
    const IngestFigures& figures_;
    Log log_;
    mutable ReuseLog reuse_log_;  // used by the thread of the answers
    Answers answers_;
    std::array<std::thread, 2> threads_;  // joined before the answers end
};

}  // namespace ezapi::logs
