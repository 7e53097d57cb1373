// One thread for calls that may block on a server in trouble and that nobody waits for: cancelling
// a statement, taking leave of a broken session. When such a call never returns, the thread is
// abandoned at the end instead of joined.
#pragma once

#include <functional>
#include <memory>

namespace ezapi::host::db {

class SideThread {
public:
    SideThread();
    /// Drops what has not begun and waits a moment for the rest.
    ~SideThread();
    SideThread(const SideThread&) = delete;
    SideThread& operator=(const SideThread&) = delete;

    /// False when too much is waiting already; `work` is then dropped. It must not throw.
    bool post(std::function<void()> work);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace ezapi::host::db
