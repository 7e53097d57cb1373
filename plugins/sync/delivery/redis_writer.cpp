#include "delivery/redis_writer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "ezapi/json.hpp"

namespace ezapi::sync {
namespace {

/// A pipeline is cut at either, so that neither side holds too much at once.
constexpr size_t kPipelineEntities = 500;
constexpr size_t kPipelineBytes = 4UL * 1024 * 1024;
/// So is a call for several entities: Redis serves nobody else meanwhile.
constexpr size_t kCallEntities = 64;
constexpr size_t kCallBytes = 128UL * 1024;

size_t bytes_of(const Rendered& rendered) {
    size_t bytes = rendered.entity.key.size() + rendered.value.size();
    for (const auto& [name, value] : rendered.fields) bytes += name.size() + value.size();
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
        if (tells_of_server(reply.text())) refused_by_redis("script", reply.text());
        return {
            Outcome::Kind::failed, 0, "redis: " + escape_controls(reply.text(), kMostOfMessage)};
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

/// What one write() sends, and what became of it.
class RedisWriter::Shipment {
public:
    Shipment(const RedisWriter& writer,
             const std::vector<Rendered>& entities,
             Events events,
             const BackfillFence& fence)
        : writer_(writer),
          entities_(entities),
          events_(events),
          fence_(fence),
          outcomes_(entities.size()) {}

    void add(size_t place) {
        const size_t bytes = bytes_of(entities_[place]);
        if (!fits_last_call(place, bytes)) calls_.emplace_back();
        calls_.back().places.push_back(place);
        calls_.back().bytes += bytes;
        ++waiting_;
        bytes_ += bytes;
        if (waiting_ >= kPipelineEntities || bytes_ >= kPipelineBytes) flush();
    }

    void fail(size_t place, const std::string& fault) { outcomes_[place].fault = fault; }

    /// Twice where the server did not know a script: it is loaded in between.
    void flush() {
        std::vector<Call> calls = std::exchange(calls_, {});
        waiting_ = 0;
        bytes_ = 0;
        for (int attempt = 0; !calls.empty(); ++attempt) {
            if (attempt == kAttempts)
                throw Error(EZ_UNAVAILABLE, "redis: a script that was just loaded is not known");
            calls = send(calls);
        }
    }

    [[nodiscard]] std::vector<Outcome> outcomes() && { return std::move(outcomes_); }

private:
    static constexpr int kAttempts = 3;  // unknown, broken into pieces, which are unknown once more

    struct Call {
        std::vector<size_t> places = {};  // among the entities; several only of one resource
        size_t bytes = 0;
    };

    [[nodiscard]] bool fits_last_call(size_t place, size_t bytes) const {
        if (calls_.empty() || entities_[place].layout != Layout::hash) return false;
        const Call& call = calls_.back();
        const Rendered& first = entities_[call.places.front()];
        return first.layout == Layout::hash &&
               first.entity.resource == entities_[place].entity.resource &&
               call.places.size() < kCallEntities && call.bytes + bytes <= kCallBytes;
    }

    [[nodiscard]] const LuaScript& script_of(const Call& call) const {
        const Scripts& scripts = writer_.scripts_;
        switch (entities_[call.places.front()].layout) {
            case Layout::field:
                return scripts.write_field;
            case Layout::hash:
                return scripts.write_hashes;
            default:
                return scripts.write_plain;
        }
    }

    [[nodiscard]] std::string event_of(const Rendered& rendered) const {
        if (events_ == Events::withhold) return {};
        return refresh_event(rendered.entity.resource,
                             rendered.revision,
                             active_key(rendered.entity, rendered.layout),
                             writer_.clock_());
    }

    [[nodiscard]] Words words_of(const Call& call) const {
        const Rendered& first = entities_[call.places.front()];
        Words words{"EVALSHA", std::string(script_of(call).script().sha1)};
        switch (first.layout) {
            case Layout::field:
                append_field(words, first);
                break;
            case Layout::hash:
                append_hashes(words, call);
                break;
            case Layout::plain_hash:
                append_plain(words, first);
                break;
        }
        return words;
    }

    void append_field(Words& words, const Rendered& rendered) const {
        const auto& [resource, id] = rendered.entity;
        words.insert(words.end(),
                     {"5",
                      resource,
                      revisions_key(resource),
                      marker_key(resource),
                      std::string(kFillsKey),
                      std::string(kVoidKey),
                      id,
                      std::to_string(rendered.revision),
                      rendered.present ? "1" : "0",
                      rendered.value,
                      event_of(rendered),
                      fence_.of(resource)});
    }

    void append_hashes(Words& words, const Call& call) const {
        const std::string& resource = entities_[call.places.front()].entity.resource;
        words.insert(words.end(),
                     {std::to_string(2 + 2 * call.places.size()),
                      std::string(kFillsKey),
                      marker_key(resource)});
        for (const size_t place : call.places) {
            const Entity& entity = entities_[place].entity;
            words.push_back(active_key(entity, Layout::hash));
            words.push_back(tomb_key(resource, entity.key));
        }
        words.push_back(resource);
        words.push_back(fence_.of(resource));
        for (const size_t place : call.places) {
            const Rendered& rendered = entities_[place];
            words.insert(words.end(),
                         {std::to_string(rendered.revision),
                          rendered.present ? "1" : "0",
                          event_of(rendered),
                          std::to_string(2 * rendered.fields.size())});
            append_fields(words, rendered);
        }
    }

    void append_plain(Words& words, const Rendered& rendered) const {
        const auto& [resource, id] = rendered.entity;
        words.insert(words.end(),
                     {"4",
                      active_key(rendered.entity, rendered.layout),
                      revisions_key(resource),
                      std::string(kFillsKey),
                      marker_key(resource),
                      id,
                      std::to_string(rendered.revision),
                      rendered.present ? "1" : "0",
                      event_of(rendered),
                      resource,
                      fence_.of(resource)});
        append_fields(words, rendered);
    }

    /// Returns what has to be sent once more.
    std::vector<Call> send(std::vector<Call>& calls) {
        std::vector<Words> commands;
        commands.reserve(calls.size());
        for (const Call& call : calls) commands.push_back(words_of(call));
        const Reply replies = writer_.redis_.pipeline(commands);
        std::vector<Call> again;
        std::set<const LuaScript*> unknown;
        for (size_t i = 0; i < calls.size(); ++i) {
            const Reply reply = replies[i];
            if (reply.is_error() && reply.text().starts_with("NOSCRIPT")) {
                unknown.insert(&script_of(calls[i]));
                again.push_back(std::move(calls[i]));
            } else if (reply.is_error() && calls[i].places.size() > 1 &&
                       !tells_of_server(reply.text())) {
                // One of them must not keep the others out.
                for (const size_t place : calls[i].places) again.push_back({{place}, 0});
            } else {
                take(calls[i], reply);
            }
        }
        for (const LuaScript* script : unknown)
            writer_.redis_.command({"SCRIPT", "LOAD", std::string(script->script().text)});
        return again;
    }

    void take(const Call& call, const Reply& reply) {
        const bool each_its_own = reply.is_array();
        if (each_its_own) (void)reply.array(call.places.size());
        for (size_t i = 0; i < call.places.size(); ++i) {
            Outcome& outcome = outcomes_[call.places[i]];
            outcome = each_its_own ? outcome_of(reply[i]) : outcome_of(reply);
        }
    }

    const RedisWriter& writer_;
    const std::vector<Rendered>& entities_;
    Events events_;
    const BackfillFence& fence_;
    std::vector<Outcome> outcomes_;
    std::vector<Call> calls_;
    size_t waiting_ = 0;  // entities in the calls
    size_t bytes_ = 0;
};

BackfillFence RedisWriter::fence() const {
    return BackfillFence(string_map_of(redis_.command({"HGETALL", std::string(kFillsKey)})));
}

std::vector<Outcome> RedisWriter::write(const std::vector<Rendered>& entities,
                                        Events events,
                                        const BackfillFence& fence) const {
    Shipment shipment(*this, entities, events, fence);
    for (size_t place = 0; place < entities.size(); ++place) {
        if (entities[place].fault.empty()) {
            shipment.add(place);
        } else {
            shipment.fail(place, entities[place].fault);
        }
    }
    shipment.flush();
    return std::move(shipment).outcomes();
}

}  // namespace ezapi::sync
