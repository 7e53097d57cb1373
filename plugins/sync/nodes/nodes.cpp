#include "nodes/nodes.hpp"

#include <algorithm>
#include <utility>

#include "ezapi/base/numbers.hpp"

namespace ezapi::sync {
namespace {

constexpr std::string_view kPrefix = "dp:node:";
constexpr size_t kMostNodes = 1000;
constexpr size_t kMostRejections = 100;
/// A page costs Redis about a millisecond, whatever it holds.
constexpr const char* kKeysOfPage = "5000";
constexpr std::chrono::milliseconds kWalk{300};

std::string text_in(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// A list of {"resource", "key", "revision", "reason"}, or just how many there are.
void read_rejections(std::string_view text, Node& node) {
    if (const auto count = parse_integer(text)) {
        node.rejected = *count;
        return;
    }
    const Json list = Json::parse(text, nullptr, false);
    if (!list.is_array()) return;
    node.rejected = static_cast<std::int64_t>(list.size());
    for (const Json& each : list) {
        if (node.rejections.size() == kMostRejections) return;
        if (!each.is_object()) continue;
        const auto revision = each.find("revision");
        node.rejections.push_back({text_in(each, "resource"),
                                   text_in(each, "key"),
                                   revision != each.end() && revision->is_number_integer()
                                       ? revision->get<std::int64_t>()
                                       : 0,
                                   text_in(each, "reason")});
    }
}

double seconds_in(const Reply& time) {
    if (time.is_error()) refused_by_redis("TIME", time.text());
    return static_cast<double>(time[0].integer()) + static_cast<double>(time[1].integer()) / 1e6;
}

/// Moments up to the year 9999, the last one that a time in an answer can name.
std::optional<std::int64_t> moment(std::string_view text) {
    constexpr std::int64_t kLastSecond = 253402300799;
    const std::optional<std::int64_t> seconds = parse_integer(text);
    return seconds && *seconds >= 0 && *seconds <= kLastSecond ? seconds : std::nullopt;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

/// Of a key that is no hash, none: something else than a node has written it.
Fields fields_in(const Reply& reply) {
    Fields out;
    if (reply.is_error() && reply.text().starts_with("WRONGTYPE")) return out;
    if (reply.is_error()) refused_by_redis("HGETALL", reply.text());
    for (size_t i = 0; i < reply.array().size(); i += 2)
        out.emplace_back(reply[i].string(), reply[i + 1].string());
    return out;
}

}  // namespace

Node node_of(const std::string& id,
             const std::vector<std::pair<std::string, std::string>>& fields,
             double redis_now) {
    Node node;
    node.id = id;
    for (const auto& [name, value] : fields) {
        if (name == "build") node.build = value;
        if (name == "digest") node.digest = value;
        if (name == "applied_revision") node.applied_revision = parse_integer(value).value_or(0);
        if (name == "rejected") read_rejections(value, node);
        if (name == "updated_at") node.updated_at = moment(value);
    }
    if (node.updated_at)
        node.age_seconds = std::max(0.0, redis_now - static_cast<double>(*node.updated_at));
    return node;
}

NodeState state_of(const Node& node,
                   std::int64_t revision,
                   const std::vector<std::pair<Entity, std::int64_t>>& entities) {
    for (const Rejection& rejection : node.rejections) {
        for (const auto& [entity, noted] : entities) {
            const bool this_one =
                rejection.resource == entity.resource && rejection.key == entity.key;
            if (this_one && (rejection.revision == 0 || rejection.revision >= noted))
                return {"rejected", rejection.reason};
        }
    }
    return {node.applied_revision >= revision ? "applied" : "pending", {}};
}

std::vector<Node> Nodes::read(Clock::duration tolerated) {
    const std::lock_guard lock(mutex_);
    look_for_new(tolerated);
    return read_known();
}

/// One that is cut short goes on where it stopped, with the next call.
void Nodes::look_for_new(Clock::duration tolerated) {
    const auto begin = Clock::now();
    if (cursor_ == "0" && walked_at_ && begin - *walked_at_ < tolerated) return;
    do {
        // A walk that fails begins again: the cursor of a page that cannot be read leads nowhere.
        const std::string cursor = std::exchange(cursor_, "0");
        const Reply page = redis_.command(
            {"SCAN", cursor, "MATCH", std::string(kPrefix) + "*", "COUNT", kKeysOfPage});
        const Reply keys = page[1];
        for (size_t i = 0; i < keys.array().size() && known_.size() < kMostNodes; ++i) {
            const Reply key = keys[i];
            if (key.string().starts_with(kPrefix))
                known_.emplace(key.string().substr(kPrefix.size()));
        }
        const Reply next = page[0];
        cursor_ = next.string();
        if (cursor_ == "0") walked_at_ = Clock::now();
    } while (cursor_ != "0" && Clock::now() - begin < kWalk);
}

std::vector<Node> Nodes::read_known() {
    std::vector<Words> commands{{"TIME"}};
    for (const std::string& id : known_) commands.push_back({"HGETALL", std::string(kPrefix) + id});
    const Reply replies = redis_.pipeline(commands);
    const double redis_now = seconds_in(replies[0]);
    std::vector<Node> out;
    size_t place = 0;
    std::erase_if(known_, [&](const std::string& id) {
        const Fields fields = fields_in(replies[++place]);
        if (!fields.empty()) out.push_back(node_of(id, fields, redis_now));
        return fields.empty();
    });
    return out;
}

}  // namespace ezapi::sync
