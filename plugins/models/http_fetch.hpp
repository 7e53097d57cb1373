// One GET of a document over HTTP or HTTPS, with a limit on everything: time, size, redirects.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "outgoing/reach.hpp"

namespace ezapi::models {

struct FetchLimits {
    std::chrono::milliseconds connect{5000};
    std::chrono::milliseconds silence{15000};  // between two pieces of the answer
    std::chrono::milliseconds total{30000};
    size_t max_bytes = size_t{64} * 1024 * 1024;
    int redirects = 3;
};

/// What was got the last time; empty: nothing.
struct Validators {
    std::string etag;
    std::string last_modified;
};

struct Fetched {
    bool not_modified = false;  // 304: what was got the last time is still right
    std::string body;
    std::string etag;
    std::string last_modified;
};

/// Throws Error with the reason for anything but 200 and 304: EZ_UNAVAILABLE, EZ_TIMEOUT, or
/// EZ_DENIED where `reach` refuses an address. `cancelled` is asked from another thread, about ten
/// times a second. Each redirect is judged as the first address is, and may not lead from https to
/// http.
[[nodiscard]] Fetched fetch(const std::string& url,
                            const Validators& known,
                            const outgoing::Reach& reach,
                            const FetchLimits& limits,
                            const std::function<bool()>& cancelled);

}  // namespace ezapi::models
