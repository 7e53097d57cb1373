#include "tests/support/redis_reader.hpp"

#include <hiredis/hiredis.h>

#include <stdexcept>

namespace ezapi::tests {

void RedisReader::Free::operator()(redisContext* context) const {
    redisFree(context);
}

RedisReader::RedisReader(uint16_t port, const std::string& host) {
    context_.reset(redisConnectWithTimeout(host.c_str(), port, {5, 0}));
    if (!context_ || context_->err != 0)
        throw std::runtime_error("test: cannot connect to Redis on port " + std::to_string(port));
    redisSetTimeout(context_.get(), {10, 0});
}

std::optional<std::string> RedisReader::command(const std::vector<std::string>& words,
                                                std::vector<std::string>* elements) {
    std::vector<const char*> data;
    std::vector<size_t> sizes;
    for (const std::string& word : words) {
        data.push_back(word.data());
        sizes.push_back(word.size());
    }
    const std::unique_ptr<redisReply, void (*)(void*)> reply(
        static_cast<redisReply*>(redisCommandArgv(
            context_.get(), static_cast<int>(words.size()), data.data(), sizes.data())),
        freeReplyObject);
    if (!reply) throw std::runtime_error("test: Redis " + words.front() + ": " + context_->errstr);
    if (reply->type == REDIS_REPLY_ERROR)
        throw std::runtime_error("test: Redis " + words.front() + ": " +
                                 std::string(reply->str, reply->len));
    if (reply->type == REDIS_REPLY_ARRAY && elements != nullptr) {
        for (size_t i = 0; i < reply->elements; ++i)
            elements->emplace_back(reply->element[i]->str, reply->element[i]->len);
    }
    if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
    if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS)
        return std::string(reply->str, reply->len);
    return std::nullopt;
}

std::map<std::string, std::string> RedisReader::hash(const std::string& key) {
    std::vector<std::string> flat;
    command({"HGETALL", key}, &flat);
    std::map<std::string, std::string> out;
    for (size_t i = 0; i + 1 < flat.size(); i += 2) out[flat[i]] = flat[i + 1];
    return out;
}

std::optional<std::string> RedisReader::field(const std::string& key, const std::string& field) {
    return command({"HGET", key, field});
}

std::vector<std::string> RedisReader::keys(const std::string& pattern) {
    std::vector<std::string> out;
    command({"KEYS", pattern}, &out);
    return out;
}

std::int64_t RedisReader::length(const std::string& key) {
    return std::stoll(command({"HLEN", key}).value_or("0"));
}

}  // namespace ezapi::tests
