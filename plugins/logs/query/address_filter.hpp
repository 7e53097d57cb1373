// A list filter by IP address. Any notation that proxies and libraries use is converted to the
// canonical one, which is stored.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/escape.hpp"
#include "ezapi/network.hpp"
#include "ezapi/resource/feed.hpp"

namespace ezapi::logs {

/// `condition`: SQL with $? for the address.
[[nodiscard]] inline ListFilter address_filter(const std::string& name,
                                               const std::string& condition,
                                               const std::string& about) {
    return {name, text_schema(), about, [name, condition](std::string_view value) -> ListCondition {
                auto address = canonical_address(value);
                if (!address) throw unexpected_query(name, "an IPv4 or IPv6 address", value);
                return {condition, std::move(*address)};
            }};
}

}  // namespace ezapi::logs
