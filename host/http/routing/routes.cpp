#include "host/http/routing/routes.hpp"

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "ezapi/error.hpp"
#include "host/http/routing/openapi.hpp"

namespace ezapi::host::http {

namespace {

/// An invalid description is refused at registration, not when a client requests the document.
void check_description(const RoutePtr& route) {
    try {
        (void)compose_openapi({}, {route});
    } catch (const nlohmann::json::exception& error) {
        throw Error(EZ_INVALID,
                    "route " + route->spec.method + " " + route->spec.pattern +
                        ": describe: " + error.what());
    }
}

}  // namespace

void Routes::stage(std::string_view owner, RouteSpec spec) {
    const auto release = spec.release;
    try {
        const std::lock_guard lock(mutex_);
        auto& tenancy = owners_.try_emplace(std::string(owner)).first->second;
        auto route = make_route(owner, std::move(spec), tenancy.gate);
        const auto others = all();
        check_conflict(others, *route);
        check_schemas(others, *route);
        check_description(route);
        tenancy.routes.push_back(std::move(route));
        if (tenancy.live) publish();
    } catch (const std::exception&) {
        if (release) release();
        throw;
    }
}

void Routes::activate(std::string_view owner) {
    const std::lock_guard lock(mutex_);
    const auto found = owners_.find(owner);
    if (found == owners_.end()) return;
    found->second.gate->open();
    found->second.live = true;
    publish();
}

bool Routes::retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) {
    std::shared_ptr<Gate> gate;
    {
        const std::lock_guard lock(mutex_);
        const auto found = owners_.find(owner);
        if (found == owners_.end()) return true;
        found->second.live = false;
        publish();
        gate = found->second.gate;
    }
    gate->close();
    return gate->wait_empty(deadline);
}

void Routes::discard(std::string_view owner) {
    Tenancy ended;
    {
        const std::lock_guard lock(mutex_);
        const auto found = owners_.find(owner);
        if (found == owners_.end()) return;
        ended = std::move(found->second);
        owners_.erase(found);
        publish();
    }
    // A thread that still reads an older table may keep the routes alive, so what they use is freed
    // here and not by their destructors.
    ended.gate->when_empty([routes = std::move(ended.routes)] {
        for (const auto& route : routes) {
            if (route->spec.release) route->spec.release();
        }
    });
}

void Routes::begin_change() {
    const std::lock_guard lock(table_mutex_);
    before_ = table_;
}

void Routes::end_change() {
    const std::lock_guard lock(table_mutex_);
    before_.reset();
}

bool Routes::is_away(std::string_view method, std::string_view path) const {
    std::shared_ptr<const Table> before;
    {
        const std::lock_guard lock(table_mutex_);
        before = before_;
    }
    if (!before) return false;
    const auto match = before->find(method, path);
    return match && match->route;
}

std::shared_ptr<const Table> Routes::table() const {
    const std::lock_guard lock(table_mutex_);
    return table_;
}

size_t Routes::count(std::string_view owner) const {
    const std::lock_guard lock(mutex_);
    const auto found = owners_.find(owner);
    return found == owners_.end() ? 0 : found->second.routes.size();
}

std::vector<RoutePtr> Routes::all() const {
    std::vector<RoutePtr> routes;
    for (const auto& [owner, tenancy] : owners_) {
        routes.insert(routes.end(), tenancy.routes.begin(), tenancy.routes.end());
    }
    return routes;
}

void Routes::publish() {
    std::vector<RoutePtr> live;
    for (const auto& [owner, tenancy] : owners_) {
        if (tenancy.live) live.insert(live.end(), tenancy.routes.begin(), tenancy.routes.end());
    }
    auto table = std::make_shared<const Table>(live);
    const std::lock_guard lock(table_mutex_);
    table_.swap(table);
    ++generation_;  // after the table: its reader may see a newer table, never an older one
}

}  // namespace ezapi::host::http
