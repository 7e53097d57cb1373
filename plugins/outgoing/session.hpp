// The connection of one outgoing request. TLS verifies the certificate for the name that stands in
// the address, also where the connection goes to a checked address.
#pragma once

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/URI.h>

#include <functional>
#include <memory>
#include <string>

namespace ezapi::outgoing {

/// `refusal` as in exchange.hpp; it is called in the middle of the request and its reason thrown as
/// EZ_DENIED.
[[nodiscard]] std::unique_ptr<Poco::Net::HTTPClientSession> session_for(
    const Poco::URI& uri, std::function<std::string(const std::string&)> refusal);

}  // namespace ezapi::outgoing
