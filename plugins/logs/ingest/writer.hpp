// The thread that writes request records, and a second one for high load.
//
// The thread takes all waiting bodies and writes them in one transaction; meanwhile the next ones
// queue up. So the group size grows with the load, no waiting client is delayed by log.flush_ms,
// and the cost of a commit is shared. When many records have queued up, so that a further
// transaction is cheap in comparison, the second thread writes them in parallel: one copies while
// the other waits for its commit.
//
// Clients that were just answered are about to send again. Waiting for them for an eighth of the
// last commit's duration (2 ms at most) lets them share one commit with those already waiting,
// instead of each half waiting for the commit of the other.
//
// Bodies that wait for their commit get the result, good or bad, from a separate thread. Bodies
// that were answered before the commit are retried until they are stored.
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

    /// Writes what is in the queue, then returns.
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
    mutable ReuseLog reuse_log_;  // used by the answering thread only
    Answers answers_;
    std::array<std::thread, 2> threads_;  // joined before the answers end
};

}  // namespace ezapi::logs
