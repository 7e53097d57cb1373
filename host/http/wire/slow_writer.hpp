// The thread that sends replies that did not fit into the send buffer. It polls all sockets
// together, so a client that stops reading costs one entry and no time, and closes connections that
// are not done by their deadline. It only sends: requests behind a reply are parsed and served by
// the executor.
#pragma once

#include <poll.h>

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "host/http/wire/connection.hpp"

namespace ezapi::host::http {

class SlowWriter {
public:
    SlowWriter();
    ~SlowWriter();
    SlowWriter(const SlowWriter&) = delete;
    SlowWriter& operator=(const SlowWriter&) = delete;

    /// Any thread.
    void take(ConnectionPtr connection);
    [[nodiscard]] size_t waiting() const;
    /// Ends the thread; unsent data is dropped.
    void stop();

private:
    void run();
    void admit();
    void collect(std::vector<pollfd>& polled);
    void give_up() noexcept;
    [[nodiscard]] static bool flush(Connection& connection) noexcept;
    void wake() const noexcept;

    int wake_;  // eventfd
    mutable std::mutex mutex_;
    std::vector<ConnectionPtr> arrived_;
    size_t waiting_count_ = 0;
    bool stopping_ = false;
    std::vector<ConnectionPtr> waiting_;  // of the thread
    std::thread thread_;
};

}  // namespace ezapi::host::http
