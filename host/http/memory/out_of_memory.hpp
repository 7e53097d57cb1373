// What happens when an allocation fails. A large one throws std::bad_alloc: a request that is too
// much for the memory that is left is refused. A small one is served from a reserve and, when that
// is used up, waits a little: libraries allocate where no exception may pass (the loops of Pistache
// and the destructor of nlohmann's json do), and there a throw ends the process.
#pragma once

namespace ezapi::host::http {

/// The names by which a thread is known to be Pistache's. A thread inherits the name of the one
/// that starts it.
inline constexpr const char* kNetworkThread = "http-io";
inline constexpr const char* kAcceptThread = "http-accept";

/// Installs the rule for the process (std::set_new_handler) and sets the reserve aside, once. Any
/// thread.
void install_out_of_memory_rule() noexcept;

/// Sets the reserve aside again when it was used and there is memory for it. True: it was used, and
/// is there again. One thread, now and then.
bool restore_reserve() noexcept;

/// On threads of Pistache every failed allocation waits, without end, unless one of these exists:
/// in our callbacks the rule of all other threads holds.
class InCallback {
public:
    InCallback() noexcept;
    ~InCallback();
    InCallback(const InCallback&) = delete;
    InCallback& operator=(const InCallback&) = delete;
};

/// Gives this thread a name while it exists, for the threads that it starts.
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
