// Where requests on behalf of an operator may go: to public addresses, and to those networks that
// the configuration allows. Anything else, such as the machine itself, its neighbours and the
// metadata service of a cloud, is refused, however it is written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ezapi::outgoing {

class Reach {
public:
    /// `allowed`: comma-separated addresses and networks. Throws EZ_INVALID for anything else.
    explicit Reach(std::string_view allowed);

    /// Why a request may not go to this address; empty: it may.
    [[nodiscard]] std::string refusal(const std::string& address) const;

private:
    std::vector<std::string> allowed_;
};

}  // namespace ezapi::outgoing
