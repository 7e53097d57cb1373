// The head of a request, parsed strictly (RFC 9112 2-3): ambiguous input is refused, because a
// proxy in front may interpret it differently (request smuggling).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "host/http/wire/fault.hpp"
#include "host/http/wire/syntax.hpp"

namespace ezapi::host::http {

struct Limits {
    size_t head_bytes = 16 * 1024;
    size_t fields = 100;
    size_t target_bytes = 8 * 1024;
    uint64_t body_bytes = 16 * 1024 * 1024;  // unless the route sets another limit
};

struct Head {
    std::string method;
    std::string target;     // in origin form, or "*" of OPTIONS
    int minor_version = 1;  // HTTP/1.<minor_version>
    NameValues fields;      // names in lower case, values trimmed, in the order received
    uint64_t content_length = 0;
    bool chunked = false;
    bool keep_alive = true;
    bool expects_continue = false;

    [[nodiscard]] bool has_body() const noexcept { return chunked || content_length > 0; }

    [[nodiscard]] std::string_view path() const noexcept;
    [[nodiscard]] std::string_view query() const noexcept;
    /// All values of a field joined by ", "; nothing when it is absent. `name` in lower case.
    [[nodiscard]] std::optional<std::string> field(std::string_view name) const;
};

/// `text` is everything before the empty line, including the last line end.
[[nodiscard]] std::variant<Head, Fault> parse_head(std::string_view text, const Limits& limits);

}  // namespace ezapi::host::http
