// The service "keys/1" for other plugins (see keys.h).
#pragma once

#include <memory>
#include <utility>

#include "ezapi/plugin.hpp"
#include "ezapi/services/keys.h"
#include "quota_lag.hpp"
#include "tokens.hpp"

namespace ezapi::keys {

class KeysService {
public:
    KeysService(const Host& host,
                const Masters& masters,
                const Tokens& tokens,
                std::shared_ptr<QuotaLag> lag)
        : host_(host.abi()), masters_(masters), tokens_(tokens), lag_(std::move(lag)) {}

    static const ez_keys_v1 kTable;

private:
    const ez_host* host_;
    const Masters& masters_;
    const Tokens& tokens_;
    std::shared_ptr<QuotaLag> lag_;
};

}  // namespace ezapi::keys
