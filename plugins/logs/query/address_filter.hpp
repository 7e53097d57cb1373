// The filter of a list by an address, in any form in which proxies and libraries write it: it is
// looked for in the one form that is stored.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/escape.hpp"
#include "ezapi/network.hpp"
#include "ezapi/resource/feed.hpp"

namespace ezapi::logs {

/// `condition`: SQL with $? for the address.
[[nodiscard]] inline FeedFilter address_filter(const std::string& name,
                                               const std::string& condition,
                                               const std::string& about) {
    return {name, text_schema(), about, [name, condition](std::string_view value) -> FeedCondition {
                auto address = canonical_address(value);
                if (!address)
                    throw detail::bad_query(
                        name, "expected an IPv4 or IPv6 address, found " + in_quotes(value));
                return {condition, std::move(*address)};
            }};
}

}  // namespace ezapi::logs
