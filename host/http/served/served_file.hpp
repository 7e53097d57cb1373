// A constant text with its ETag, compressed once for clients that accept gzip. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "host/http/wire/reply.hpp"

namespace ezapi::host::http {

/// The conditional and encoding headers of the request.
struct Wanted {
    std::optional<std::string_view> if_none_match;
    std::optional<std::string_view> accept_encoding;
};

class ServedFile {
public:
    ServedFile(std::string content, std::string content_type);

    /// 304 without a body when the client already has it.
    [[nodiscard]] Reply answer(const Wanted& wanted) const;

private:
    [[nodiscard]] const std::string& compressed() const;

    const std::string content_;
    const std::string content_type_;
    const std::string hash_;
    mutable std::once_flag once_;
    mutable std::string compressed_;  // made for the first client that accepts it
};

/// Whether Accept-Encoding allows gzip (RFC 9110, 12.5.3).
[[nodiscard]] bool takes_gzip(std::string_view accept_encoding);

/// Throws EZ_UNAVAILABLE when zlib has no memory.
[[nodiscard]] std::string gzip(std::string_view content);

}  // namespace ezapi::host::http
