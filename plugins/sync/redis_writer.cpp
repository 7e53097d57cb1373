#include "redis_writer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "ezapi/json.hpp"

namespace ezapi::sync {
namespace {

/// A pipeline is cut at either, so that neither side holds too much at once.
constexpr size_t kPipelineCalls = 500;
constexpr size_t kPipelineBytes = 4UL * 1024 * 1024;

size_t bytes_of(const Words& words) {
    size_t bytes = 0;
    for (const std::string& word : words) bytes += word.size();
    return bytes;
}

void append_fields(Words& words, const Rendered& rendered) {
    for (const auto& [name, value] : rendered.fields) {
        words.push_back(name);
        words.push_back(value);
    }
}

Outcome outcome_of(const Reply& reply) {
    if (reply.is_error()) {
        if (tells_of_server(reply.text()))
            throw Error(EZ_UNAVAILABLE, "redis: " + std::string(reply.text()));
        return {Outcome::Kind::failed, 0, "redis: " + std::string(reply.text())};
    }
    const std::int64_t newer = reply.integer();
    if (newer == 0) return {Outcome::Kind::applied};
    if (newer < 0) return {Outcome::Kind::fenced};
    return {Outcome::Kind::superseded, newer};
}

}  // namespace

std::string active_key(const Entity& entity, Layout layout) {
    return layout == Layout::field ? entity.resource : entity.resource + ":" + entity.key;
}

std::string refresh_event(std::string_view resource,
                          std::int64_t version,
                          std::string_view key,
                          std::int64_t unix_seconds) {
    std::string out = "{\"resource\":";
    append_json_string(out, resource);
    out += ",\"version\":" + std::to_string(version) + ",\"active_key\":";
    append_json_string(out, key);
    out += ",\"timestamp\":" + std::to_string(unix_seconds) + "}";
    return out;
}

bool tells_of_server(std::string_view error) {
    const std::string_view code = error.substr(0, error.find(' '));
    static const std::set<std::string_view> kConditions{"LOADING",
                                                        "READONLY",
                                                        "MASTERDOWN",
                                                        "CLUSTERDOWN",
                                                        "TRYAGAIN",
                                                        "BUSY",
                                                        "OOM",
                                                        "MISCONF",
                                                        "NOREPLICAS",
                                                        "NOAUTH",
                                                        "NOPERM",
                                                        "WRONGPASS",
                                                        "UNBLOCKED"};
    // A script passes such an error on as text: "ERR ... -OOM command not allowed".
    return kConditions.contains(code) || error.find("-READONLY") != std::string_view::npos ||
           error.find("-OOM") != std::string_view::npos ||
           error.find("-MISCONF") != std::string_view::npos;
}

RedisWriter::Call RedisWriter::call_for(const Rendered& rendered,
                                        size_t place,
                                        Events events,
                                        const Fence& fence) const {
    const auto& [resource, id] = rendered.entity;
    const std::string key = active_key(rendered.entity, rendered.layout);
    const std::string revision = std::to_string(rendered.revision);
    const std::string present = rendered.present ? "1" : "0";
    const std::string event = events == Events::publish
                                  ? refresh_event(resource, rendered.revision, key, clock_())
                                  : std::string();
    const LuaScript* script = nullptr;
    Words words;
    switch (rendered.layout) {
        case Layout::field:
            script = &scripts_.write_field;
            words = {"4",
                     resource,
                     revisions_key(resource),
                     marker_key(resource),
                     std::string(kFillsKey),
                     id,
                     revision,
                     present,
                     rendered.value,
                     event,
                     fence.of(resource)};
            break;
        case Layout::hash:
            script = &scripts_.write_hash;
            words = {"4",
                     key,
                     tomb_key(resource, id),
                     std::string(kFillsKey),
                     marker_key(resource),
                     revision,
                     present,
                     event,
                     resource,
                     fence.of(resource)};
            append_fields(words, rendered);
            break;
        case Layout::plain_hash:
            script = &scripts_.write_plain;
            words = {"4",
                     key,
                     revisions_key(resource),
                     std::string(kFillsKey),
                     marker_key(resource),
                     id,
                     revision,
                     present,
                     event,
                     resource,
                     fence.of(resource)};
            append_fields(words, rendered);
            break;
    }
    words.insert(words.begin(), {"EVALSHA", std::string(script->script().sha1)});
    return {place, script, std::move(words)};
}

Fence RedisWriter::fence() const {
    const Reply reply = redis_.raw({"HGETALL", std::string(kFillsKey)});
    if (reply.is_error()) throw Error(EZ_UNAVAILABLE, "redis: " + std::string(reply.text()));
    std::map<std::string, std::string, std::less<>> fills;
    for (size_t i = 0; i + 1 < reply.size(); i += 2)
        fills.emplace(reply[i].text(), reply[i + 1].text());
    return Fence(std::move(fills));
}

std::vector<Outcome> RedisWriter::write(const std::vector<Rendered>& entities,
                                        Events events,
                                        const Fence& fence) const {
    std::vector<Outcome> outcomes(entities.size());
    std::vector<Call> calls;
    size_t bytes = 0;
    for (size_t place = 0; place < entities.size(); ++place) {
        if (!entities[place].fault.empty()) {
            outcomes[place].fault = entities[place].fault;
            continue;
        }
        calls.push_back(call_for(entities[place], place, events, fence));
        bytes += bytes_of(calls.back().words);
        if (calls.size() < kPipelineCalls && bytes < kPipelineBytes) continue;
        run(calls, outcomes);
        calls.clear();
        bytes = 0;
    }
    run(calls, outcomes);
    return outcomes;
}

/// Twice where the server did not know a script: it is loaded in between.
void RedisWriter::run(std::vector<Call>& calls, std::vector<Outcome>& outcomes) const {
    if (calls.empty()) return;
    std::vector<Call> unknown = send(calls, outcomes);
    if (unknown.empty()) return;
    std::set<const LuaScript*> scripts;
    for (const Call& call : unknown) scripts.insert(call.script);
    for (const LuaScript* script : scripts)
        redis_.command({"SCRIPT", "LOAD", std::string(script->script().text)});
    unknown = send(unknown, outcomes);
    if (!unknown.empty())
        throw Error(EZ_UNAVAILABLE, "redis: a script that was just loaded is not known");
}

std::vector<RedisWriter::Call> RedisWriter::send(std::vector<Call>& calls,
                                                 std::vector<Outcome>& outcomes) const {
    std::vector<Words> commands;
    commands.reserve(calls.size());
    for (const Call& call : calls) commands.push_back(call.words);
    const Reply replies = redis_.pipeline(commands);
    std::vector<Call> unknown;
    for (size_t i = 0; i < calls.size(); ++i) {
        const Reply reply = replies[i];
        if (reply.is_error() && reply.text().starts_with("NOSCRIPT")) {
            unknown.push_back(std::move(calls[i]));
        } else {
            outcomes[calls[i].place] = outcome_of(reply);
        }
    }
    return unknown;
}

}  // namespace ezapi::sync
