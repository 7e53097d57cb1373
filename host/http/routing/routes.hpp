// The routes of the process by owner, from staging to their end. Keeps two promises: a request
// finds a route only between activate and retire of its owner, and what a route's handler uses is
// freed once, after its last exchange.
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
    /// Throws EZ_INVALID or EZ_CONFLICT; `spec.release` is then called too.
    void stage(std::string_view owner, RouteSpec spec);
    void activate(std::string_view owner);
    /// False: exchanges of `owner` were still open at the deadline.
    bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline);
    void discard(std::string_view owner);

    /// Between the two, what was live at the first and is not any more is away, not gone: its
    /// plugin is being changed and may come back.
    void begin_change();
    void end_change();
    [[nodiscard]] bool is_away(std::string_view method, std::string_view path) const;

    /// The live routes.
    [[nodiscard]] std::shared_ptr<const Table> table() const;

    /// Another number after each change of the live routes.
    [[nodiscard]] uint64_t generation() const noexcept { return generation_.load(); }

    /// Staged or live.
    [[nodiscard]] size_t count(std::string_view owner) const;

private:
    struct Tenancy {  // from the first route of an owner to its discard
        std::shared_ptr<Gate> gate = std::make_shared<Gate>();
        std::vector<RoutePtr> routes;
        bool live = false;
    };

    [[nodiscard]] std::vector<RoutePtr> all() const;
    void publish();

    mutable std::mutex mutex_;
    std::map<std::string, Tenancy, std::less<>> owners_;
    mutable std::mutex table_mutex_;  // held for a pointer's copy only
    std::shared_ptr<const Table> table_ = std::make_shared<const Table>();
    std::atomic<uint64_t> generation_{1};
    std::shared_ptr<const Table> before_;  // the change that is under way; its handlers may be gone
};

}  // namespace ezapi::host::http
