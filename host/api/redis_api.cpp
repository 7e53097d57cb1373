// The ABI's table `redis` over redis::Client. A reply's handle is the redis::Reply itself, an
// element's handle points into it. A handle may be NULL, which is a nil reply.
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/prefix.hpp"
#include "host/api/tables.hpp"
#include "host/modules/context.hpp"
#include "host/redis/client.hpp"

namespace ezapi::host::api {
namespace {

redis::Client& client_of(const ez_context* context) {
    if (context->host->redis == nullptr) throw Error(EZ_UNAVAILABLE, "this host has no Redis");
    return *context->host->redis;
}

const redis::Reply* reply_of(const ez_reply* handle) noexcept {
    return reinterpret_cast<const redis::Reply*>(handle);
}

void require(bool good, const char* what) {
    if (!good) throw Error(EZ_INVALID, std::string("redis: ") + what);
}

ez_reply* release(redis::Reply reply) {
    return reinterpret_cast<ez_reply*>(new redis::Reply(std::move(reply)));
}

std::vector<std::string_view> words_of(const ez_command& command) {
    require(command.argv != nullptr || command.argc == 0, "a command without its words");
    std::vector<std::string_view> words;
    words.reserve(command.argc);
    for (size_t i = 0; i < command.argc; ++i) words.push_back(view(command.argv[i]));
    return words;
}

ez_status command(ez_context* context,
                  const ez_command* what,
                  uint32_t timeout_ms,
                  ez_reply** out,
                  ez_error* error) noexcept {
    return guard(error, [&] {
        require(what != nullptr && out != nullptr, "no command, or no place for its reply");
        const std::vector<std::string_view> words = words_of(*what);
        *out = release(client_of(context).command(redis::Command(words),
                                                  std::chrono::milliseconds(timeout_ms)));
    });
}

ez_status pipeline(ez_context* context,
                   const ez_command* commands,
                   size_t count,
                   uint32_t timeout_ms,
                   ez_reply** out,
                   ez_error* error) noexcept {
    return guard(error, [&] {
        require(out != nullptr && (commands != nullptr || count == 0),
                "no commands, or no place for their replies");
        std::vector<std::vector<std::string_view>> words;
        words.reserve(count);
        for (size_t i = 0; i < count; ++i) words.push_back(words_of(commands[i]));
        const std::vector<redis::Command> all(words.begin(), words.end());
        *out = release(client_of(context).pipeline(all, std::chrono::milliseconds(timeout_ms)));
    });
}

ez_status subscribe(ez_context* context,
                    ez_str channel,
                    ez_message_fn fn,
                    void* user,
                    ez_free_fn free_user,
                    ez_error* error) noexcept {
    return guard(error, [&] {
        client_of(context).subscribe(context->plugin, view(channel), fn, user, free_user);
    });
}

void view_reply(const ez_reply* handle, ez_reply_view* out) noexcept {
    if (handle == nullptr) return give(out, sized<ez_reply_view>());
    const redis::Reply& reply = *reply_of(handle);
    give(
        out,
        {sizeof(ez_reply_view), reply.type, reply.integer, str(reply.text), reply.elements.size()});
}

const ez_reply* at(const ez_reply* handle, size_t index) noexcept {
    if (handle == nullptr || index >= reply_of(handle)->elements.size()) return nullptr;
    return reinterpret_cast<const ez_reply*>(&reply_of(handle)->elements[index]);
}

void reply_free(ez_reply* handle) noexcept {
    delete reinterpret_cast<redis::Reply*>(handle);
}

}  // namespace

const ez_redis_api kRedis{
    sizeof(ez_redis_api), command, pipeline, subscribe, view_reply, at, reply_free};

}  // namespace ezapi::host::api
