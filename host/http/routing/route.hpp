// A route as it is declared and as it is kept: what it matches, who may call it, and the handler.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/abi.h"
#include "host/http/routing/exchange_ptr.hpp"

namespace ezapi::host::http {

/// Called with an exchange that it owns; must not throw. See `answering` in exchange.hpp for
/// handlers that reply at once.
using Handler = std::function<void(ExchangePtr)>;

struct RouteSpec {
    int32_t access = -1;  // EZ_PUBLIC ... EZ_INTERNAL_ONLY; has to be set
    std::string method;
    std::string pattern;   // "/admin/masters/{id}"
    std::string describe;  // as in ez_route, plus "hidden": true to leave it out of the document
    uint64_t max_body = 0;
    uint32_t flags = 0;  // EZ_ROUTE_INLINE | EZ_ROUTE_READS
    Handler handler;
    std::function<void()>
        release;  // frees what the handler uses; called once, see Registry::discard
};

/// Counts the open exchanges of an owner and refuses new ones once the owner is retired.
class Gate {
public:
    /// False: closed.
    [[nodiscard]] bool enter();
    /// Enters once more for a caller that is already inside; also when closed.
    void enter_again();
    void leave();
    void open();
    void close();
    /// Waits until the last exchange has left; false at the deadline.
    bool wait_empty(std::chrono::steady_clock::time_point deadline);
    /// Runs `action` when the last exchange has left, or now if there is none.
    void when_empty(std::function<void()> action);

private:
    std::mutex mutex_;
    std::condition_variable empty_;
    size_t inside_ = 0;
    bool closed_ = true;
    std::function<void()> action_;
};

/// Made once at registration, then immutable.
struct Route {
    std::string owner;
    RouteSpec spec;
    std::vector<std::string> segments;     // "{id}" for a parameter
    std::vector<std::string> query_names;  // those of the operation, and those that the host adds
    std::map<std::string, std::string> schemas;  // by name, as JSON in one canonical form
    bool takes_wait = false;              // ?wait=applied&timeout=, which the host implements
    bool takes_body = true;               // an operation without a requestBody takes none
    bool takes_coding = false;            // the operation lists the header Content-Encoding
    std::vector<std::string> body_types;  // media types of the body; empty: any
    std::shared_ptr<Gate> gate;
};

using RoutePtr = std::shared_ptr<Route>;

/// Checks the spec and derives the rest. Throws EZ_INVALID.
[[nodiscard]] RoutePtr make_route(std::string_view owner,
                                  RouteSpec spec,
                                  std::shared_ptr<Gate> gate);

[[nodiscard]] inline bool is_parameter(std::string_view segment) noexcept {
    return segment.starts_with('{');
}

/// The pattern with each parameter as "{}": two patterns of one shape match the same paths.
[[nodiscard]] std::string shape_of(const std::vector<std::string>& segments);

/// "public", "admin", "master", "internal".
[[nodiscard]] std::string_view access_name(int32_t access) noexcept;

}  // namespace ezapi::host::http
