// The connection of one outgoing request. TLS verifies the certificate for the name that stands in
// the address, also where the connection goes to a checked address.
#pragma once

#include <Poco/Net/HTTPClientSession.h>

#include <memory>

#include "ezapi/url.hpp"
#include "outgoing/reach.hpp"

namespace ezapi::outgoing {

/// `reach` must outlive it. It is asked in the middle of the request, and its reason thrown as
/// EZ_DENIED.
[[nodiscard]] std::unique_ptr<Poco::Net::HTTPClientSession> session_for(const Url& url,
                                                                        const Reach& reach);

}  // namespace ezapi::outgoing
