// The connection of one outgoing request. TLS verifies the certificate against the host name of the
// URL, although the connection goes to the checked address.
#pragma once

#include <Poco/Net/HTTPClientSession.h>

#include <memory>

#include "ezapi/url.hpp"
#include "outgoing/reach.hpp"

namespace ezapi::outgoing {

/// `reach` must outlive the session. It is consulted during the request; a refusal is thrown as
/// EZ_DENIED.
[[nodiscard]] std::unique_ptr<Poco::Net::HTTPClientSession> session_for(const Url& url,
                                                                        const Reach& reach);

}  // namespace ezapi::outgoing
