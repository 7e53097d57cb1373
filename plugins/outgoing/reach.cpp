#include "outgoing/reach.hpp"

#include <array>

#include "ezapi/error.hpp"
#include "ezapi/network.hpp"

namespace ezapi::outgoing {
namespace {

struct Range {
    std::string_view network;
    std::string_view what;
};

/// The IANA registries of special-purpose addresses (RFC 6890 and its successors). IPv6 ranges that
/// embed IPv4 addresses are refused as a whole: a public service has an address of its own.
constexpr std::array kRefused{
    Range{"0.0.0.0/8", "of this network"},
    Range{"10.0.0.0/8", "private"},
    Range{"100.64.0.0/10", "shared by carriers"},
    Range{"127.0.0.0/8", "of the machine itself"},
    Range{"169.254.0.0/16", "link-local"},
    Range{"172.16.0.0/12", "private"},
    Range{"192.0.0.0/24", "reserved"},
    Range{"192.0.2.0/24", "for documentation"},
    Range{"192.88.99.0/24", "reserved"},
    Range{"192.168.0.0/16", "private"},
    Range{"198.18.0.0/15", "for benchmarks"},
    Range{"198.51.100.0/24", "for documentation"},
    Range{"203.0.113.0/24", "for documentation"},
    Range{"224.0.0.0/3", "multicast or reserved"},
    Range{"2001::/23", "reserved"},
    Range{"2001:db8::/32", "for documentation"},
    Range{"2002::/16", "6to4"},
    Range{"3fff::/20", "for documentation"},
};

/// IPv6 global unicast. IPv4 is checked by kRefused only.
constexpr std::string_view kGlobal = "2000::/3";
constexpr std::string_view kMapped = "::ffff:0.0.0.0/96";

}  // namespace

Reach::Reach(std::string_view allowed) {
    while (!allowed.empty()) {
        const size_t comma = allowed.find(',');
        std::string_view item = allowed.substr(0, comma);
        allowed.remove_prefix(comma == std::string_view::npos ? allowed.size() : comma + 1);
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (item.empty()) continue;
        if (const std::string fault = network_fault(item); !fault.empty())
            throw Error(EZ_INVALID, fault);
        allowed_.emplace_back(item);
    }
}

std::string Reach::refusal(const std::string& text) const {
    const auto address = Address::parse(text);
    if (!address) return "'" + text + "' is no address";
    if (address->in_any(allowed_) != nullptr) return {};
    const auto why = [&](std::string_view what) {
        return text + " is " + std::string(what) + ", and not among the networks that are allowed";
    };
    for (const Range& range : kRefused) {
        if (address->in(range.network)) return why(range.what);
    }
    if (!address->in(kMapped) && !address->in(kGlobal)) return why("no public address");
    return {};
}

}  // namespace ezapi::outgoing
