// A component of the host in which plugins register callbacks: routes, jobs, change subscribers,
// services, Redis subscriptions. What a plugin registers during `start` is staged under its name
// and goes live for all plugins together; at its stop new calls end first, then those in flight.
#pragma once

#include <chrono>
#include <string_view>

namespace ezapi::host::modules {

class Registry {
public:
    virtual ~Registry() = default;

    /// Makes what `owner` has staged live.
    virtual void activate(std::string_view owner) = 0;

    /// Lets no new call of `owner` begin, then waits for those in flight. False: still busy at the
    /// deadline; the callbacks must then be kept alive.
    virtual bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) = 0;

    /// Forgets what `owner` has staged or retired and calls each `free_user` once.
    virtual void discard(std::string_view owner) = 0;
};

}  // namespace ezapi::host::modules
