// What other plugins ask of tokens: the service "keys/1" (see keys.h).
#pragma once

#include "ezapi/plugin.hpp"
#include "keys.h"
#include "tokens.hpp"

namespace ezapi::keys {

class KeysService {
public:
    KeysService(const Host& host, const Tokens& tokens) : host_(host.abi()), tokens_(tokens) {}

    static const ez_keys_v1 kTable;

private:
    const ez_host* host_;
    const Tokens& tokens_;
};

}  // namespace ezapi::keys
