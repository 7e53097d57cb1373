// One thread for calls that may block on an unresponsive server and whose result is not needed:
// cancelling a statement, closing a broken session. If such a call does not return, the thread is
// detached at the end instead of joined.
#pragma once

#include <functional>
#include <memory>

namespace ezapi::host::db {

class SideThread {
public:
    SideThread();
    /// Drops work that has not begun and waits briefly for the rest.
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
