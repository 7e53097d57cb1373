#include "backfill/watch.hpp"

#include <algorithm>

#include "delivery/fault_points.hpp"
#include "delivery/renderer.hpp"
#include "ezapi/base/numbers.hpp"
#include "ezapi/base/pg_array.hpp"
#include "ezapi/escape.hpp"
#include "ledger/backfill_state.hpp"

namespace ezapi::sync {
namespace {

using Clock = Breaker::Clock;

constexpr std::chrono::seconds kDigestPause{10};
constexpr std::chrono::minutes kFailedDigestPause{10};
constexpr std::chrono::seconds kRefillPause{2};
constexpr std::chrono::seconds kLongestRefillPause{60};
constexpr std::chrono::minutes kTurn{3};
constexpr int kTurnsByChance = 2;

/// Nothing is due or under way when every row is applied; a deleted entity counts for the revision
/// only.
constexpr std::string_view kDigest =
    "SELECT coalesce(max(revision), 0), bool_and(state = 'applied'),"
    "  coalesce(to_hex(bit_xor(('x' || left(md5(resource || E'\\n' || key || E'\\n' || revision),"
    "    16))::bit(64)::bigint) FILTER (WHERE NOT deleted)), '0') "
    "FROM sync_entities WHERE resource = ANY($1::text[])";

std::int64_t number(std::string_view text) {
    return parse_integer(text).value_or(0);
}

/// The value of `name:value` in the answer of INFO.
std::string info_value(std::string_view info, std::string_view name) {
    const size_t at = info.find("\n" + std::string(name) + ":");
    if (at == std::string_view::npos) return {};
    const std::string_view rest = info.substr(at + name.size() + 2);
    return std::string(rest.substr(0, rest.find_first_of("\r\n")));
}

}  // namespace

RedisView look(const Redis& redis, const std::vector<std::string>& hashes) {
    std::vector<Words> commands{{"HMGET", std::string(kMetaKey), "epoch", "revision"},
                                {"HGETALL", std::string(kEpochsKey)},
                                {"HGETALL", std::string(kFillsKey)}};
    for (const std::string& hash : hashes) commands.push_back({"EXISTS", hash});
    commands.push_back({"HGETALL", std::string(kVoidKey)});
    commands.push_back({"INFO", "server"});
    const Reply replies = redis.pipeline(commands);
    for (size_t i = 0; i + 1 < replies.size(); ++i) {
        if (replies[i].is_error()) refused_by_redis(commands[i].front(), replies[i].text());
    }
    RedisView view;
    const Reply& meta = replies[0];
    view.epoch = meta.array(2)[0].string_or_nil();
    view.revision = number(meta[1].string_or_nil());
    view.epochs = string_map_of(replies[1]);
    view.fills = string_map_of(replies[2]);
    const StringMap empty = string_map_of(replies[3 + hashes.size()]);
    for (size_t i = 0; i < hashes.size(); ++i) {
        if (replies[3 + i].integer() == 0 && !empty.contains(hashes[i]))
            view.gone.insert(hashes[i]);
    }
    // A user without the right to ask simply does not learn of restarts by this.
    const Reply server = replies[4 + hashes.size()];
    if (!server.is_error()) view.run_id = info_value(server.string(), "run_id");
    return view;
}

std::vector<std::string> stale(const RedisView& redis,
                               const SyncState& state,
                               const std::vector<std::string>& live) {
    const bool another_server = !redis.run_id.empty() && redis.run_id != state.redis_run_id;
    const bool another_past = !redis.epoch.empty() && (redis.epoch != state.epoch ||
                                                       redis.revision < state.published_revision);
    if (another_server || another_past) return live;
    std::vector<std::string> out;
    for (const std::string& resource : live) {
        const auto epoch = redis.epochs.find(resource);
        const auto fill = redis.fills.find(resource);
        const auto last = state.fills.find(resource);
        const bool filled = epoch != redis.epochs.end() && epoch->second == state.epoch &&
                            fill != redis.fills.end() && last != state.fills.end() &&
                            holds_all(fill->second, last->second) && !redis.gone.contains(resource);
        if (!filled) out.push_back(resource);
    }
    return out;
}

void Watch::measure(const Stopping& stopping) {
    const Depth depth = parts_.ledger.depth();
    parts_.metrics.pending.set(static_cast<double>(depth.pending));
    parts_.metrics.dead.set(static_cast<double>(depth.dead));
    parts_.metrics.oldest_seconds.set(depth.oldest_seconds);
    if (depth.orphaned > 0 && parts_.retries && !parts_.breaker.away()) parts_.retry(stopping);
}

/// The database is read first: what it says to have published is in Redis by then.
void Watch::tick(const Stopping& stopping) {
    const SyncState state = state_.read();
    RedisView redis;
    try {
        redis = look_at_redis();
    } catch (const Error& error) {
        return note_away(error);
    }
    step("looked");
    if (parts_.breaker.away()) refill_due_ = {};
    if (redis.epoch == state.epoch && redis.revision > state.last_revision &&
        redis.revision > state_.read().last_revision) {
        parts_.log.warn("Redis knows revision " + std::to_string(redis.revision) +
                        ", the database has given out " + std::to_string(state.last_revision) +
                        ": it was restored from an older state; everything is pushed anew");
        parts_.ledger.overtake(redis.revision, {});
        return tick(stopping);
    }
    if (lacking(redis, state).empty()) {
        try {
            publish(redis.run_id);
        } catch (const Error& error) {
            // A server that can be read may take no changes: a replica, a full memory.
            if (!error.code().starts_with("redis_")) throw;
            return note_away(error);
        }
        if (note_back() && parts_.retries) parts_.retry(stopping);
    } else if (Clock::now() >= refill_due_) {
        (void)note_back();
        refill(is_anothers(redis, state), stopping);
    }
}

void Watch::note_away(const Error& error) {
    const bool was_there = !parts_.breaker.away();
    parts_.breaker.failed(Clock::now(), error.what());
    parts_.metrics.redis_available.set(0);
    if (was_there) parts_.log.warn(std::string("Redis is away: ") + error.what());
}

/// Returns whether it was away.
bool Watch::note_back() {
    parts_.metrics.redis_available.set(1);
    const bool was_away = parts_.breaker.succeeded();
    if (was_away) parts_.log.info("Redis is back");
    return was_away;
}

/// Whether somebody with this very database has filled it, and it was not the last full push.
bool Watch::is_anothers(const RedisView& redis, const SyncState& state) const {
    return std::any_of(redis.fills.begin(), redis.fills.end(), [&](const auto& fill) {
        const auto epoch = redis.epochs.find(fill.first);
        const auto last = state.fills.find(fill.first);
        return epoch != redis.epochs.end() && epoch->second == state.epoch &&
               last != state.fills.end() && latest_fill(fill.second) != latest_fill(last->second);
    });
}

/// Asked again once nobody else is at it: another instance may have been quicker.
void Watch::refill(bool anothers, const Stopping& stopping) {
    try {
        const FullPushResult result = fill(stopping);
        failed_refills_ = result.fault().empty() ? 0 : failed_refills_ + 1;
        plan_next(anothers && !result.resources.empty());
    } catch (const Error& error) {
        if (error.code() == "in_progress") return;
        ++failed_refills_;
        refill_due_ = Clock::now() + kRefillPause;
        throw;
    }
}

/// Instances that name different databases of Redis would fill them in turns for ever.
void Watch::plan_next(bool anothers) {
    const auto now = Clock::now();
    if (anothers) {
        turns_ = now - last_turn_ < kTurn ? turns_ + 1 : 1;
        last_turn_ = now;
    }
    const int doublings =
        std::min(std::max(failed_refills_, anothers ? turns_ - kTurnsByChance : 0), 5);
    if (anothers && turns_ > kTurnsByChance)
        parts_.log.error(
            "Redis was filled by another instance of this database again and again, and neither "
            "sees what the other one fills: all of them must name the same server and database");
    refill_due_ = doublings <= 0 ? Clock::time_point{}
                                 : now + std::min<Clock::duration>(kRefillPause * (1 << doublings),
                                                                   kLongestRefillPause);
}

RedisView Watch::look_at_redis() const {
    std::vector<std::string> hashes;
    for (const auto& [resource, layout] : live_layouts(parts_.projections)) {
        if (layout == Layout::field) hashes.push_back(resource);
    }
    remove_foreign_keys();
    return look(parts_.redis, hashes);
}

/// Something else has written a key of another type in the place of one of our own (scripts.hpp) or
/// meta:sync. Each command on it would fail for ever; without it, what it held is brought back as
/// after any loss. The keys of resources are those of the comparisons.
void Watch::remove_foreign_keys() const {
    Words keys{std::string(kMetaKey),
               std::string(kEpochsKey),
               std::string(kFillsKey),
               std::string(kVoidKey)};
    for (const std::string& resource : live()) keys.push_back(revisions_key(resource));
    Words types(keys.size(), "hash");
    for (const std::string& resource : live()) {
        keys.push_back(marker_key(resource));
        types.emplace_back("string");
    }
    const Reply removed = parts_.redis.run(parts_.scripts.claim.script(), keys, types);
    if (removed.is_error()) refused_by_redis("claim", removed.text());
    for (size_t i = 0; i < removed.array().size(); ++i)
        parts_.log.warn("Redis: " + in_quotes(removed[i].string()) +
                        " held another type, written by something else; it was removed and is "
                        "filled again");
}

std::vector<std::string> Watch::lacking(const RedisView& redis, const SyncState& state) const {
    const Registrations now = registrations();
    std::vector<std::string> out = stale(redis, state, live());
    const std::lock_guard lock(known_mutex_);
    if (!known_) known_ = now;  // the full push of the start covers what was before
    for (const auto& [resource, registration] : now) {
        const auto known = known_->find(resource);
        const bool told = known != known_->end() && known->second == registration;
        if (!told && std::find(out.begin(), out.end(), resource) == out.end())
            out.push_back(resource);
    }
    return out;
}

std::vector<std::string> Watch::lacking() const {
    const SyncState state = state_.read();
    return lacking(look_at_redis(), state);
}

bool Watch::is_filled() const {
    return lacking().empty();
}

FullPushResult Watch::fill(const Stopping& stopping) {
    const auto needed = [this] {
        std::vector<std::string> resources = lacking();
        withdraw(resources);
        return resources;
    };
    return push(needed, stopping);
}

/// Nobody is to take for whole what is about to be filled.
void Watch::withdraw(const std::vector<std::string>& resources) const {
    if (resources.empty()) return;
    Words epochs{"HDEL", std::string(kEpochsKey)};
    epochs.insert(epochs.end(), resources.begin(), resources.end());
    parts_.redis.command({"DEL", std::string(kMetaKey)});
    parts_.redis.command(epochs);
}

FullPushResult Watch::push_all(const Stopping& stopping) {
    return push([this] { return live(); }, stopping);
}

FullPushResult Watch::push_rest(const Stopping& stopping) {
    const auto rest = [this] {
        std::vector<std::string> resources = live();
        std::erase_if(resources,
                      [this](const auto& name) { return parts_.full_push.has_pushed(name); });
        return resources;
    };
    return push(rest, stopping);
}

FullPushResult Watch::push(const std::function<std::vector<std::string>()>& needed,
                           const Stopping& stopping) {
    const std::string run_id = look_at_redis().run_id;
    const Registrations registered = registrations();
    FullPushResult result = parts_.full_push.run(needed, stopping);
    if (result.resources.empty()) return result;
    {
        const std::lock_guard lock(known_mutex_);
        if (!known_) known_.emplace();
        for (const FullPushResult::Resource& resource : result.resources) {
            const auto entry = registered.find(resource.name);
            if (resource.fault.empty() && entry != registered.end())
                known_->insert_or_assign(entry->first, entry->second);
        }
    }
    const std::string fault = result.fault();
    (fault.empty() ? parts_.metrics.full_pushes : parts_.metrics.failed_full_pushes).add();
    if (fault.empty()) {
        // The server that was looked at before; another one since is found by the next look.
        state_.note_full_push(run_id);
        step("full push noted");
        publish(run_id);
    } else {
        state_.note_error("full push of " + fault);
    }
    parts_.retry(stopping);
    return result;
}

/// Writes meta:sync, which also says that this instance is alive.
void Watch::publish(const std::string& run_id) {
    const std::lock_guard lock(publishing_);
    const std::vector<std::string> resources = live();
    if (const auto reached = watermark_.advance(resources))
        reached_ = std::max(reached_.value_or(0), *reached);
    const SyncState state = state_.read();
    const std::int64_t revision = std::max(reached_.value_or(0), state.published_revision);
    Words args{state.epoch,
               std::to_string(revision),
               std::to_string(unix_seconds(now())),
               parts_.instance,
               digest(),
               run_id};
    args.insert(args.end(), resources.begin(), resources.end());
    const Reply reply = parts_.redis.run(
        parts_.scripts.publish.script(), {std::string(kMetaKey), std::string(kEpochsKey)}, args);
    step("published");
    if (reply.integer() == 1) state_.note_published(revision);
}

std::string Watch::digest() {
    const std::int64_t reached = reached_.value_or(0);
    const auto begin = Clock::now();
    if (begin < digest_due_ || digest_revision_ == reached) return digest_;
    const Depth depth = parts_.ledger.depth();
    if (depth.pending + depth.dead > 0) return digest_;
    // It reads every row: a hundredth of the time at most goes into it, and where it takes longer
    // than a statement may, the rest of meta:sync comes without.
    digest_due_ = begin + kFailedDigestPause;
    std::optional<Rows> rows;
    if (guard(nullptr, [&] { rows = parts_.db.query(kDigest, {pg_array(live())}); }) != EZ_OK)
        return digest_;
    digest_due_ = begin + std::max<Clock::duration>(kDigestPause, (Clock::now() - begin) * 100);
    if (rows->text(0, 1) != "t") return digest_;
    std::string hex(rows->text(0, 2));
    hex.insert(0, 16 - std::min<size_t>(hex.size(), 16), '0');
    digest_ = std::string(rows->text(0, 0)) + "-" + hex;
    digest_revision_ = reached;
    return digest_;
}

std::vector<std::string> Watch::live() const {
    std::vector<std::string> out;
    for (const auto& [resource, layout] : live_layouts(parts_.projections)) out.push_back(resource);
    return out;
}

Watch::Registrations Watch::registrations() const {
    Registrations out;
    for (const ProjectionInfo& info : parts_.projections.live())
        out.emplace(info.resource, info.registration);
    return out;
}

}  // namespace ezapi::sync
