#include "host/redis/reply.hpp"

#include <hiredis/hiredis.h>

namespace ezapi::host::redis {

std::string Reply::error_code() const {
    return is_error() ? text.substr(0, text.find(' ')) : std::string{};
}

Reply copy_reply(const redisReply& reply) {
    Reply copy;
    switch (reply.type) {
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
        case REDIS_REPLY_ERROR:
            copy.type = reply.type == REDIS_REPLY_ERROR ? EZ_REPLY_ERROR : EZ_REPLY_STRING;
            copy.text.assign(reply.str, reply.len);
            break;
        case REDIS_REPLY_INTEGER:
            copy.type = EZ_REPLY_INTEGER;
            copy.integer = reply.integer;
            break;
        case REDIS_REPLY_ARRAY:
            copy.type = EZ_REPLY_ARRAY;
            copy.elements.reserve(reply.elements);
            for (size_t i = 0; i < reply.elements; ++i)
                copy.elements.push_back(copy_reply(*reply.element[i]));
            break;
        default:
            break;
    }
    return copy;
}

}  // namespace ezapi::host::redis
