// Downloads a document with one GET over HTTP or HTTPS, limited in time, size and redirects.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "outgoing/reach.hpp"

namespace ezapi::models {

struct FetchLimits {
    std::chrono::milliseconds connect{5000};
    std::chrono::milliseconds silence{15000};  // between two parts of the answer
    std::chrono::milliseconds total{30000};
    size_t max_bytes = size_t{64} * 1024 * 1024;
    int redirects = 3;
};

/// Validators of the previous download; empty when there was none.
struct Validators {
    std::string etag;
    std::string last_modified;
};

struct Fetched {
    bool not_modified = false;  // 304: the previous document is still current
    std::string body;
    std::string etag;
    std::string last_modified;
};

/// Throws Error with the reason for any status but 200 and 304: EZ_UNAVAILABLE, EZ_TIMEOUT, or
/// EZ_DENIED when `reach` refuses an address. `cancelled` is called from another thread, about ten
/// times a second. Each redirect is checked like the first address, and must not lead from https to
/// http.
[[nodiscard]] Fetched fetch(const std::string& url,
                            const Validators& known,
                            const outgoing::Reach& reach,
                            const FetchLimits& limits,
                            const std::function<bool()>& cancelled);

}  // namespace ezapi::models
