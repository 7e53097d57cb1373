// A reply and its bytes on the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

struct Reply {
    int status = 200;
    NameValues headers;
    std::string body;

    [[nodiscard]] bool has(std::string_view name) const noexcept;
    /// Replaces a header of that name, in any case.
    void set(std::string_view name, std::string_view value);
};

/// What the connection decides about a reply.
struct Delivery {
    bool close = false;           // the last one on its connection
    bool say_keep_alive = false;  // the client speaks HTTP/1.0 and asked for it
    bool head_only = false;       // the answer to HEAD: the length of a body that is not sent
};

/// Status line and header fields with the empty line, Date and Content-Length added.
[[nodiscard]] std::string render_head(const Reply& reply, const Delivery& delivery);

/// IMF-fixdate (RFC 9110 5.6.7) of a time in seconds since 1970.
[[nodiscard]] std::string http_date(int64_t unix_seconds);

}  // namespace ezapi::host::http
