// A deep copy of a reply of Redis, so that no type of hiredis leaves this folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ezapi/abi.h"

struct redisReply;

namespace ezapi::host::redis {

struct Reply {
    int32_t type = EZ_REPLY_NIL;
    int64_t integer = 0;
    std::string text;  // of a string, a status or an error
    std::vector<Reply> elements;

    [[nodiscard]] bool is_nil() const noexcept { return type == EZ_REPLY_NIL; }

    [[nodiscard]] bool is_error() const noexcept { return type == EZ_REPLY_ERROR; }

    /// "LOADING" of "LOADING Redis is loading ..."; empty unless it is an error.
    [[nodiscard]] std::string error_code() const;
};

[[nodiscard]] Reply copy_reply(const redisReply& reply);

}  // namespace ezapi::host::redis
