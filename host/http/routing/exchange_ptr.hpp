// Ownership of an exchange in C++: destroying one that was not answered replies with 500.
#pragma once

#include <memory>

#include "ezapi/abi.h"

namespace ezapi::host::http {

struct AbandonExchange {
    void operator()(ez_exchange* exchange) const noexcept;
};

using ExchangePtr = std::unique_ptr<ez_exchange, AbandonExchange>;

}  // namespace ezapi::host::http
