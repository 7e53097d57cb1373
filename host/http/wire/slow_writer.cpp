#include "host/http/wire/slow_writer.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ezapi/error.hpp"

namespace ezapi::host::http {

namespace {

constexpr int kDeadlineCheckMs = 250;

}  // namespace

SlowWriter::SlowWriter() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (wake_ < 0) {
        throw Error(EZ_UNAVAILABLE,
                    std::string("HTTP server: no eventfd: ") + std::strerror(errno));
    }
    thread_ = std::thread([this] { run(); });
}

SlowWriter::~SlowWriter() {
    stop();
    ::close(wake_);
}

void SlowWriter::take(ConnectionPtr connection) {
    {
        const std::lock_guard lock(mutex_);
        arrived_.push_back(std::move(connection));
        ++waiting_count_;
    }
    wake();
}

size_t SlowWriter::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_count_;
}

void SlowWriter::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake();
    if (thread_.joinable()) thread_.join();
    waiting_.clear();
    arrived_.clear();
}

void SlowWriter::wake() const noexcept {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written =
        ::write(wake_, &one, sizeof one);  // full: awake anyway
}

/// True: nothing is left to send.
bool SlowWriter::flush(Connection& connection) noexcept {
    try {
        return connection.flush() != Flush::kAgain;
    } catch (const std::exception&) {  // no memory to go on with it
        connection.cut();
        return true;
    }
}

void SlowWriter::admit() {
    const std::lock_guard lock(mutex_);
    // Reserve before moving, so that both lists stay intact when there is no memory.
    const size_t needed = waiting_.size() + arrived_.size();
    if (needed > waiting_.capacity()) waiting_.reserve(std::max(needed, 2 * waiting_.capacity()));
    std::move(arrived_.begin(), arrived_.end(), std::back_inserter(waiting_));
    arrived_.clear();
    waiting_count_ = waiting_.size();
}

/// Without memory to watch them, none of the replies can be sent.
void SlowWriter::give_up() noexcept {
    const std::lock_guard lock(mutex_);
    for (auto* list : {&arrived_, &waiting_}) {
        for (const ConnectionPtr& connection : *list) connection->cut();
        list->clear();
    }
    waiting_count_ = 0;
}

void SlowWriter::collect(std::vector<pollfd>& polled) {
    admit();
    polled.clear();
    polled.push_back({wake_, POLLIN, 0});
    for (const auto& connection : waiting_) {
        polled.push_back({connection->descriptor(), POLLOUT, 0});
    }
}

void SlowWriter::run() {
    std::vector<pollfd> polled;
    polled.reserve(1);
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
        }
        if (guard(nullptr, [&] { collect(polled); }) != EZ_OK) {
            give_up();
            polled.assign(1, {wake_, POLLIN, 0});  // there is room for one
        }
        ::poll(polled.data(), polled.size(), waiting_.empty() ? -1 : kDeadlineCheckMs);
        uint64_t wakes = 0;
        if (polled[0].revents != 0) {
            [[maybe_unused]] const ssize_t got = ::read(wake_, &wakes, sizeof wakes);
        }
        const auto now = Connection::Clock::now();
        size_t kept = 0;
        for (size_t i = 0; i < waiting_.size(); ++i) {
            ConnectionPtr& connection = waiting_[i];
            bool done = false;
            if (polled[i + 1].revents != 0) {
                done = flush(*connection);
            } else if (now >= connection->write_deadline()) {
                connection->cut();
                done = true;
            }
            if (!done) std::swap(waiting_[kept++], connection);
        }
        waiting_.resize(kept);
    }
}

}  // namespace ezapi::host::http
