// A component of the host in which plugins register callbacks: routes, jobs, change subscribers,
// services, Redis subscriptions. What a plugin registers during `start` is staged under its name
// and goes live together with that of all plugins; at its stop, new calls are refused first, then
// those in flight are waited for.
#pragma once

#include <chrono>
#include <string_view>

namespace ezapi::host::modules {

class Registry {
public:
    virtual ~Registry() = default;

    /// Makes what `owner` has staged live.
    virtual void activate(std::string_view owner) = 0;

    /// Refuses new calls of `owner`, then waits for those in flight. False: still busy at the
    /// deadline; the callbacks must then stay alive.
    virtual bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) = 0;

    /// Forgets what `owner` has staged or retired and calls each `free_user` once.
    virtual void discard(std::string_view owner) = 0;
};

}  // namespace ezapi::host::modules
