#include "compare/stored_snapshot.hpp"

#include <chrono>
#include <functional>

#include "delivery/redis_writer.hpp"
#include "delivery/scripts.hpp"
#include "ezapi/base/numbers.hpp"

namespace ezapi::sync {
namespace {

/// Of something that no rendering is equal to.
constexpr std::uint64_t kUnreadable = 1;

/// For a thousand entities at once, from a server that has other work, too.
constexpr std::chrono::seconds kPatience{5};

std::uint64_t mixed(std::uint64_t value) {
    value ^= value >> 33U;
    value *= 0xff51afd7ed558ccdULL;
    value ^= value >> 33U;
    return value;
}

std::uint64_t hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

/// Of one field; fields add up.
std::uint64_t digest_of(std::string_view name, std::string_view value) {
    return mixed(hash_of(name) * 31 + mixed(hash_of(value)));
}

std::int64_t revision_in(std::string_view text) {
    return parse_integer(text).value_or(0);
}

void require_sound(const Reply& reply) {
    if (reply.is_error() && tells_of_server(reply.text()))
        refused_by_redis("comparison", reply.text());
}

StoredEntity held_hash(const Reply& reply, Layout layout) {
    require_sound(reply);
    if (!reply.is_array()) return {true, 0, kUnreadable};
    StoredEntity held;
    held.present = reply.size() > 0;
    if (held.present) held.digest = mixed(2);
    for (size_t i = 0; i + 1 < reply.size(); i += 2) {
        const Reply name = reply[i];
        const Reply value = reply[i + 1];
        if (layout == Layout::hash && name.text() == "rev") {
            held.revision = revision_in(value.text());
        } else {
            held.digest += digest_of(name.text(), value.text());
        }
    }
    return held;
}

/// One command for all keys: the hash's name and the ids.
Words of_all(const char* command, std::string key, const std::vector<std::string>& ids) {
    Words words{command, std::move(key)};
    words.insert(words.end(), ids.begin(), ids.end());
    return words;
}

}  // namespace

std::uint64_t digest_of(const Rendered& entity) {
    if (!entity.present) return 0;
    if (entity.layout == Layout::field) return mixed(hash_of(entity.value));
    std::uint64_t digest = mixed(2);
    for (const auto& [name, value] : entity.fields) digest += digest_of(name, value);
    return digest;
}

std::vector<StoredEntity> StoredSnapshot::read(const std::string& resource,
                                               Layout layout,
                                               const std::vector<std::string>& keys) const {
    if (keys.empty()) return {};
    switch (layout) {
        case Layout::field:
            return read_fields(resource, keys);
        case Layout::hash:
            return read_hashes(resource, layout, keys);
        default:
            return read_plain(resource, keys);
    }
}

std::vector<StoredEntity> StoredSnapshot::read_fields(const std::string& resource,
                                                      const std::vector<std::string>& keys) const {
    const std::vector<Words> commands{of_all("HMGET", resource, keys),
                                      of_all("HMGET", revisions_key(resource), keys)};
    const Reply replies = redis_.pipeline(commands, kPatience);
    const Reply values = replies[0];
    const Reply revisions = replies[1];
    require_sound(values);
    require_sound(revisions);
    if (values.is_array()) (void)values.array(keys.size());
    if (revisions.is_array()) (void)revisions.array(keys.size());
    std::vector<StoredEntity> out(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
        if (!values.is_array()) {
            out[i] = {true, 0, kUnreadable};
            continue;
        }
        const Reply value = values[i];
        out[i].present = !value.is_nil();
        if (out[i].present) out[i].digest = mixed(hash_of(value.text()));
        if (revisions.is_array()) out[i].revision = revision_in(revisions[i].text());
    }
    return out;
}

std::vector<StoredEntity> StoredSnapshot::read_hashes(const std::string& resource,
                                                      Layout layout,
                                                      const std::vector<std::string>& keys) const {
    std::vector<Words> commands;
    commands.reserve(keys.size());
    for (const std::string& key : keys) commands.push_back({"HGETALL", resource + ":" + key});
    const Reply replies = redis_.pipeline(commands, kPatience);
    std::vector<StoredEntity> out;
    out.reserve(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) out.push_back(held_hash(replies[i], layout));
    return out;
}

std::vector<StoredEntity> StoredSnapshot::read_plain(const std::string& resource,
                                                     const std::vector<std::string>& keys) const {
    std::vector<StoredEntity> out = read_hashes(resource, Layout::plain_hash, keys);
    const Reply revisions = redis_.raw(of_all("HMGET", revisions_key(resource), keys), kPatience);
    require_sound(revisions);
    if (revisions.is_array()) (void)revisions.array(keys.size());
    for (size_t i = 0; i < out.size(); ++i)
        out[i].revision = revisions.is_array() ? revision_in(revisions[i].text()) : 0;
    return out;
}

}  // namespace ezapi::sync
