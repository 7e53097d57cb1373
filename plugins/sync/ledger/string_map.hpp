// The answer of HGETALL as a map. Throws when it is not one.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "ezapi/redis.hpp"

namespace ezapi::sync {

using StringMap = std::map<std::string, std::string, std::less<>>;

[[nodiscard]] inline StringMap string_map_of(const Reply& reply) {
    StringMap out;
    for (size_t i = 0; i < reply.array().size(); i += 2)
        out.emplace(reply[i].string(), reply[i + 1].string());
    return out;
}

}  // namespace ezapi::sync
