#include "audit/chain.hpp"

#include "ezapi/credential.hpp"

namespace ezapi::logs {

std::string chain_origin() {
    return std::string(64, '0');
}

std::string canonical_form(const Rows& rows, size_t row, size_t column, size_t count) {
    std::string out;
    for (size_t at = column; at < column + count; ++at) {
        if (rows.is_null(row, at)) {
            out.push_back('-');
            continue;
        }
        const std::string_view text = rows.text(row, at);
        out += std::to_string(text.size()) + ":";
        out += text;
    }
    return out;
}

std::string unkeyed_link(std::string_view before, std::string_view canonical) {
    return sha256_hex(std::string(before) + std::string(canonical));
}

}  // namespace ezapi::logs
