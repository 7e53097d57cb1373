// Which addresses requests on behalf of an operator may reach: public ones, and the networks that
// the configuration allows. All others are refused in any notation, such as the machine itself, its
// local network and the metadata service of a cloud.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ezapi::outgoing {

class Reach {
public:
    /// `allowed`: comma-separated addresses and networks. Throws EZ_INVALID for anything else.
    explicit Reach(std::string_view allowed);

    /// Why a request may not go to this address; empty when it may.
    [[nodiscard]] std::string refusal(const std::string& address) const;

private:
    std::vector<std::string> allowed_;
};

}  // namespace ezapi::outgoing
