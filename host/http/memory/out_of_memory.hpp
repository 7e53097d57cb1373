// What happens when an allocation fails. A large one throws std::bad_alloc, and the request is
// refused. A small one is served from a reserve and, when that is used up, waits for a while: some
// libraries allocate where no exception may be thrown (Pistache's loops and the destructor of
// nlohmann::json), and an exception there ends the process.
#pragma once

namespace ezapi::host::http {

/// The thread names by which Pistache's threads are recognised. A thread inherits the name of the
/// thread that starts it.
inline constexpr const char* kNetworkThread = "http-io";
inline constexpr const char* kAcceptThread = "http-accept";

/// Installs the rule for the process (std::set_new_handler) and sets the reserve aside, once. Any
/// thread.
void install_out_of_memory_rule() noexcept;

/// Allocates the reserve again if it was used and there is memory for it. True: it was used and is
/// available again. One thread, periodically.
bool restore_reserve() noexcept;

/// On Pistache's threads every failed allocation waits without limit, unless one of these exists:
/// in our callbacks the rule of all other threads applies.
class InCallback {
public:
    InCallback() noexcept;
    ~InCallback();
    InCallback(const InCallback&) = delete;
    InCallback& operator=(const InCallback&) = delete;
};

/// Names this thread during its lifetime, for the threads that it starts.
class ThreadNamed {
public:
    explicit ThreadNamed(const char* name) noexcept;
    ~ThreadNamed();
    ThreadNamed(const ThreadNamed&) = delete;
    ThreadNamed& operator=(const ThreadNamed&) = delete;

private:
    char before_[16] = {};
};

}  // namespace ezapi::host::http
