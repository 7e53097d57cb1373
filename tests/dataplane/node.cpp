#include "tests/dataplane/node.hpp"

#include <hiredis/hiredis.h>
#include <poll.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace ezapi::tests {
namespace {

using nlohmann::json;
using Reply = std::unique_ptr<redisReply, void (*)(void*)>;

constexpr int kTickMs = 20;

std::string text_of(const redisReply& reply) {
    return reply.str == nullptr ? std::string() : std::string(reply.str, reply.len);
}

Reply command(redisContext& context, const std::vector<std::string>& words) {
    std::vector<const char*> data;
    std::vector<size_t> sizes;
    for (const std::string& word : words) {
        data.push_back(word.data());
        sizes.push_back(word.size());
    }
    Reply reply(static_cast<redisReply*>(redisCommandArgv(
                    &context, static_cast<int>(words.size()), data.data(), sizes.data())),
                freeReplyObject);
    if (!reply) throw std::runtime_error("node: Redis is away");
    return reply;
}

Content content_of(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR) throw std::runtime_error("node: " + text_of(reply));
    Content out;
    for (size_t i = 0; i + 1 < reply.elements; i += 2)
        out[text_of(*reply.element[i])] = text_of(*reply.element[i + 1]);
    return out;
}

std::int64_t number_in(const Content& content, const std::string& name) {
    const auto found = content.find(name);
    return found == content.end() ? 0 : std::strtoll(found->second.c_str(), nullptr, 10);
}

}  // namespace

void DataplaneNode::Free::operator()(redisContext* context) const {
    redisFree(context);
}

DataplaneNode::DataplaneNode(NodeOptions options) : options_(std::move(options)) {
    thread_ = std::thread([this] { run(); });
}

DataplaneNode::~DataplaneNode() {
    ending_ = true;
    thread_.join();
}

void DataplaneNode::watch(const std::string& id) {
    const std::lock_guard lock(mutex_);
    watched_.insert(id);
}

std::vector<Seen> DataplaneNode::history() const {
    const std::lock_guard lock(mutex_);
    return history_;
}

std::vector<Applied> DataplaneNode::applied() const {
    const std::lock_guard lock(mutex_);
    return applied_;
}

std::int64_t DataplaneNode::applied_revision() const {
    const std::lock_guard lock(mutex_);
    return applied_.empty() ? 0 : applied_.back().revision;
}

Content DataplaneNode::fields(const std::string& resource) const {
    const std::lock_guard lock(mutex_);
    const auto found = used_.find(resource);
    return found == used_.end() ? Content{} : found->second;
}

std::optional<std::string> DataplaneNode::hash(const std::string& id) const {
    const Content all = fields(options_.hashes);
    const auto found = all.find(id);
    return found == all.end() ? std::nullopt : std::optional(found->second);
}

void DataplaneNode::run() {
    while (!ending_) {
        try {
            serve();
        } catch (const std::exception&) {
            // Redis is unavailable: the applied data stays in use.
        }
        commands_.reset();
        events_.reset();
        poll(nullptr, 0, kTickMs);
    }
}

/// Events before the subscription were missed, so everything is read once after subscribing.
void DataplaneNode::serve() {
    commands_ = connect();
    events_ = connect();
    (void)command(*events_, {"SUBSCRIBE", "dp:config:refresh"});
    dirty_fields_ = options_.fields;
    {
        const std::lock_guard lock(mutex_);
        dirty_hashes_ = watched_;
    }
    auto beat = Clock::now();
    while (!ending_) {
        read_messages(false);
        read_dirty();
        if (Clock::now() < beat) continue;
        catch_up();
        beat = Clock::now() + options_.heartbeat;
    }
}

DataplaneNode::Connection DataplaneNode::connect() const {
    Connection out(redisConnectWithTimeout("127.0.0.1", options_.redis_port, {1, 0}));
    if (!out || out->err != 0) throw std::runtime_error("node: cannot connect to Redis");
    redisSetTimeout(out.get(), {2, 0});
    return out;
}

/// Reads pending messages, or all messages up to the reply to a PING.
void DataplaneNode::read_messages(bool until_pong) {
    for (;;) {
        void* raw = nullptr;
        if (redisReaderGetReply(events_->reader, &raw) != REDIS_OK)
            throw std::runtime_error("node: the subscription is broken");
        if (raw == nullptr) {
            pollfd ready{events_->fd, POLLIN, 0};
            const int found = poll(&ready, 1, until_pong ? 2000 : kTickMs);
            if (found == 0 && until_pong) throw std::runtime_error("node: no answer");
            if (found <= 0) return;
            if (redisBufferRead(events_.get()) != REDIS_OK)
                throw std::runtime_error("node: the subscription is lost");
            continue;
        }
        const Reply reply(static_cast<redisReply*>(raw), freeReplyObject);
        const std::string kind = reply->elements > 0 ? text_of(*reply->element[0]) : "";
        if (kind == "pong" && until_pong) return;
        if (kind == "message" && reply->elements == 3) note_event(text_of(*reply->element[2]));
    }
}

void DataplaneNode::note_event(const std::string& payload) {
    const json event = json::parse(payload);
    const std::string resource = event.at("resource");
    const std::string key = event.at("active_key");
    if (options_.fields.contains(resource)) dirty_fields_.insert(resource);
    if (resource != options_.hashes) return;
    const std::lock_guard lock(mutex_);
    if (key == resource) dirty_hashes_ = watched_;
    const std::string id = key.substr(std::min(key.size(), resource.size() + 1));
    if (watched_.contains(id)) dirty_hashes_.insert(id);
}

/// Redis sends the messages of a subscription in order: when the reply to a PING arrives,
/// everything that was published before meta:sync was read has arrived as well.
void DataplaneNode::catch_up() {
    const Look meta = look("meta:sync");
    if (!is_whole(meta)) {
        dirty_fields_ = options_.fields;
        const std::lock_guard lock(mutex_);
        dirty_hashes_ = watched_;
        return;
    }
    redisAppendCommand(events_.get(), "PING");
    int written = 0;
    while (written == 0) {
        if (redisBufferWrite(events_.get(), &written) != REDIS_OK)
            throw std::runtime_error("node: the subscription is lost");
    }
    read_messages(true);
    {
        const std::lock_guard lock(mutex_);
        for (const std::string& id : watched_) {
            if (!used_[options_.hashes].contains(id)) dirty_hashes_.insert(id);
        }
    }
    read_dirty();
    if (!dirty_fields_.empty() || !dirty_hashes_.empty()) return;
    {
        const std::lock_guard lock(mutex_);
        applied_.push_back(
            {meta.asked, meta.meta.at("epoch"), number_in(meta.meta, "revision"), history_.size()});
    }
    report(meta.meta);
}

/// Keys that could not be applied remain marked as dirty.
void DataplaneNode::read_dirty() {
    for (const std::string& resource : std::exchange(dirty_fields_, {})) {
        const Look found = look(resource);
        if (is_whole(found)) {
            take_fields(resource, found);
        } else {
            dirty_fields_.insert(resource);
        }
    }
    for (const std::string& id : std::exchange(dirty_hashes_, {})) {
        const Look found = look(options_.hashes + ":" + id);
        if (is_whole(found)) {
            take_hash(id, found);
        } else {
            dirty_hashes_.insert(id);
        }
    }
}

/// Read in one step with meta:sync, which is absent while Redis is being filled.
DataplaneNode::Look DataplaneNode::look(const std::string& key) {
    Look out;
    out.asked = Clock::now();
    (void)command(*commands_, {"MULTI"});
    (void)command(*commands_, {"HGETALL", "meta:sync"});
    (void)command(*commands_, {"HGETALL", key});
    const Reply reply = command(*commands_, {"EXEC"});
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        throw std::runtime_error("node: " + text_of(*reply));
    out.meta = content_of(*reply->element[0]);
    out.content = content_of(*reply->element[1]);
    return out;
}

/// True when Redis is completely filled and not older than the applied data. A new epoch starts
/// over.
bool DataplaneNode::is_whole(const Look& look) {
    const auto epoch = look.meta.find("epoch");
    bool whole = epoch != look.meta.end() && look.meta.contains("revision");
    {
        const std::lock_guard lock(mutex_);
        if (whole && !applied_.empty() && applied_.back().epoch == epoch->second)
            whole = number_in(look.meta, "revision") >= applied_.back().revision;
    }
    if (!whole) ++refusals_;
    return whole;
}

void DataplaneNode::take_fields(const std::string& resource, const Look& look) {
    Content before = fields(resource);
    for (const auto& [id, value] : look.content) {
        const bool sound = options_.sound == nullptr || options_.sound(resource, value);
        if (sound) {
            rejected_.erase(resource + "\n" + id);
            see(look, resource, id, value, 0);
        } else {
            rejected_[resource + "\n" + id] = "it breaks the contract";
        }
        before.erase(id);
    }
    for (const auto& [id, value] : before) see(look, resource, id, std::nullopt, 0);
}

void DataplaneNode::take_hash(const std::string& id, const Look& look) {
    if (look.content.empty()) {
        see(look, options_.hashes, id, std::nullopt, 0);
        return;
    }
    see(look, options_.hashes, id, json(look.content).dump(), number_in(look.content, "rev"));
}

void DataplaneNode::see(const Look& look,
                        const std::string& resource,
                        const std::string& id,
                        std::optional<std::string> content,
                        std::int64_t revision) {
    const std::lock_guard lock(mutex_);
    Content& used = used_[resource];
    const auto known = used.find(id);
    const bool same =
        content ? known != used.end() && known->second == *content : known == used.end();
    if (content) used[id] = *content;
    if (!content && known != used.end()) used.erase(known);
    if (!same) history_.push_back({look.asked, resource, id, std::move(content), revision});
}

void DataplaneNode::report(const Content& meta) {
    json rejected = json::array();
    for (const auto& [name, why] : rejected_) {
        const size_t end = name.find('\n');
        rejected.push_back(
            {{"resource", name.substr(0, end)}, {"key", name.substr(end + 1)}, {"reason", why}});
    }
    const std::string key = "dp:node:" + options_.id;
    const auto digest = meta.find("digest");
    (void)command(*commands_,
                  {"HSET",
                   key,
                   "node",
                   options_.id,
                   "build",
                   "test",
                   "applied_revision",
                   meta.at("revision"),
                   "digest",
                   digest == meta.end() ? "" : digest->second,
                   "rejected",
                   rejected.dump(),
                   "updated_at",
                   std::to_string(std::time(nullptr))});
    (void)command(*commands_, {"EXPIRE", key, "30"});
}

}  // namespace ezapi::tests
