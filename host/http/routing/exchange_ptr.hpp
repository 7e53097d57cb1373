// Ownership of an exchange in C++: one that is dropped without an answer is answered with 500.
#pragma once

#include <memory>

#include "ezapi/abi.h"

namespace ezapi::host::http {

struct AbandonExchange {
    void operator()(ez_exchange* exchange) const noexcept;
};

using ExchangePtr = std::unique_ptr<ez_exchange, AbandonExchange>;

}  // namespace ezapi::host::http
