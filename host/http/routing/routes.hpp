// The routes of the process by owner, from registration to release. Two invariants: a request finds
// a route only between activate and retire of its owner, and what a route's handler uses is freed
// once, after its last exchange.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/http/routing/router.hpp"

namespace ezapi::host::http {

class Routes {
public:
    /// Throws EZ_INVALID or EZ_CONFLICT; `spec.release` is called then, too.
    void stage(std::string_view owner, RouteSpec spec);
    void activate(std::string_view owner);
    /// False: exchanges of `owner` were still open at the deadline.
    bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline);
    void discard(std::string_view owner);

    /// Between the two, a route that was live at begin_change() and no longer is counts as away,
    /// not as unknown: its plugin is being restarted.
    void begin_change();
    void end_change();
    [[nodiscard]] bool is_away(std::string_view method, std::string_view path) const;

    /// The live routes.
    [[nodiscard]] std::shared_ptr<const Table> table() const;

    /// Changes with each change of the live routes.
    [[nodiscard]] uint64_t generation() const noexcept { return generation_.load(); }

    /// Staged or live.
    [[nodiscard]] size_t count(std::string_view owner) const;

private:
    struct Tenancy {  // the routes of one owner until discard()
        std::shared_ptr<Gate> gate = std::make_shared<Gate>();
        std::vector<RoutePtr> routes;
        bool live = false;
    };

    [[nodiscard]] std::vector<RoutePtr> all() const;
    void publish();

    mutable std::mutex mutex_;
    std::map<std::string, Tenancy, std::less<>> owners_;
    mutable std::mutex table_mutex_;  // held only to copy a pointer
    std::shared_ptr<const Table> table_ = std::make_shared<const Table>();
    std::atomic<uint64_t> generation_{1};
    std::shared_ptr<const Table> before_;  // set during a change; its handlers may already be freed
};

}  // namespace ezapi::host::http
