#include "watch.hpp"

#include <algorithm>
#include <charconv>

#include "steps.hpp"

namespace ezapi::sync {
namespace {

using Clock = Breaker::Clock;

constexpr std::chrono::seconds kDigestPause{10};
constexpr std::chrono::minutes kFailedDigestPause{10};
constexpr std::chrono::seconds kRefillPause{2};
constexpr std::chrono::seconds kLongestRefillPause{60};

/// Nothing is due or under way when every row is applied; a deleted entity counts for the revision
/// only.
constexpr std::string_view kDigest =
    "SELECT coalesce(max(revision), 0), bool_and(state = 'applied'),"
    "  coalesce(to_hex(bit_xor(('x' || left(md5(resource || E'\\n' || key || E'\\n' || revision),"
    "    16))::bit(64)::bigint) FILTER (WHERE NOT deleted)), '0') "
    "FROM sync_entities WHERE resource = ANY($1::text[])";

std::string text_list(const std::vector<std::string>& texts) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    return pg_array(views);
}

std::int64_t number(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// The value of `name:value` in the answer of INFO.
std::string info_value(std::string_view info, std::string_view name) {
    const size_t at = info.find("\n" + std::string(name) + ":");
    if (at == std::string_view::npos) return {};
    const std::string_view rest = info.substr(at + name.size() + 2);
    return std::string(rest.substr(0, rest.find_first_of("\r\n")));
}

}  // namespace

RedisView look(const Redis& redis) {
    const std::vector<Words> commands{{"HMGET", std::string(kMetaKey), "epoch", "revision"},
                                      {"HGETALL", std::string(kEpochsKey)},
                                      {"HKEYS", std::string(kFillsKey)},
                                      {"INFO", "server"}};
    const Reply replies = redis.pipeline(commands);
    for (size_t i = 0; i < 3; ++i) {
        if (replies[i].is_error())
            throw Error(EZ_UNAVAILABLE, "redis: " + std::string(replies[i].text()));
    }
    RedisView view;
    view.epoch = replies[0][0].text();
    view.revision = number(replies[0][1].text());
    for (size_t i = 0; i + 1 < replies[1].size(); i += 2)
        view.epochs.emplace(replies[1][i].text(), replies[1][i + 1].text());
    for (size_t i = 0; i < replies[2].size(); ++i) view.filled.emplace(replies[2][i].text());
    // A user without the right to ask simply does not learn of restarts by this.
    if (!replies[3].is_error()) view.run_id = info_value(replies[3].text(), "run_id");
    return view;
}

std::vector<std::string> stale(const RedisView& redis,
                               const SyncState& state,
                               const std::vector<std::string>& live) {
    const bool another_server = !redis.run_id.empty() && redis.run_id != state.redis_run_id;
    if (redis.epoch != state.epoch || redis.revision < state.published_revision || another_server)
        return live;
    std::vector<std::string> out;
    for (const std::string& resource : live) {
        const auto entry = redis.epochs.find(resource);
        const bool filled = entry != redis.epochs.end() && entry->second == state.epoch &&
                            redis.filled.contains(resource);
        if (!filled) out.push_back(resource);
    }
    return out;
}

void Watch::tick(const Stopping& stopping) {
    measure();
    look_closely(stopping);
}

void Watch::measure() {
    const Depth depth = parts_.ledger.depth();
    parts_.figures.pending.set(static_cast<double>(depth.pending));
    parts_.figures.dead.set(static_cast<double>(depth.dead));
    parts_.figures.oldest_seconds.set(depth.oldest_seconds);
}

/// The database is read first: what it says to have published is in Redis by then.
void Watch::look_closely(const Stopping& stopping) {
    const SyncState state = state_.read();
    RedisView redis;
    try {
        redis = look(parts_.redis);
    } catch (const Error& error) {
        const bool was_there = !parts_.breaker.away();
        parts_.breaker.failed(Clock::now());
        parts_.figures.redis_available.set(0);
        if (was_there) parts_.log.warn(std::string("Redis is away: ") + error.what());
        return;
    }
    parts_.figures.redis_available.set(1);
    const bool is_back = parts_.breaker.succeeded();
    if (is_back) {
        parts_.log.info("Redis is back");
        refill_due_ = {};
    }
    if (redis.epoch == state.epoch && redis.revision > state.last_revision &&
        redis.revision > state_.read().last_revision) {
        parts_.log.warn("Redis knows revision " + std::to_string(redis.revision) +
                        ", the database has given out " + std::to_string(state.last_revision) +
                        ": it was restored from an older state; everything is pushed anew");
        parts_.ledger.overtake(redis.revision, {});
        return look_closely(stopping);
    }
    if (stale(redis, state, live()).empty()) {
        publish();
        if (is_back && parts_.retries) parts_.outbox.drain(stopping);
    } else if (Clock::now() >= refill_due_) {
        refill(stopping);
    }
}

/// Asked again once nobody else is at it: another instance may have been quicker.
void Watch::refill(const Stopping& stopping) {
    try {
        const FullPushResult result = fill(stopping);
        failed_refills_ = result.fault().empty() ? 0 : failed_refills_ + 1;
    } catch (const Error& error) {
        if (error.code() == "in_progress") return;
        ++failed_refills_;
        refill_due_ = Clock::now() + kRefillPause;
        throw;
    }
    const auto pause = kRefillPause * (1 << std::min(failed_refills_, 5));
    refill_due_ = failed_refills_ == 0
                      ? Clock::time_point{}
                      : Clock::now() + std::min<Clock::duration>(pause, kLongestRefillPause);
}

std::vector<std::string> Watch::lacking() const {
    const SyncState state = state_.read();
    return stale(look(parts_.redis), state, live());
}

bool Watch::is_filled() const {
    return lacking().empty();
}

FullPushResult Watch::fill(const Stopping& stopping) {
    return push([this] { return lacking(); }, stopping);
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
    const RedisView before = look(parts_.redis);
    FullPushResult result = parts_.full_push.run(needed, stopping);
    if (result.resources.empty()) return result;
    const std::string fault = result.fault();
    (fault.empty() ? parts_.figures.full_pushes : parts_.figures.failed_full_pushes).add();
    if (fault.empty()) {
        // The server that was looked at before; another one since is found by the next look.
        state_.note_full_push(before.run_id);
        step("full push noted");
        publish();
    } else {
        state_.note_error("full push of " + fault);
    }
    parts_.outbox.drain(stopping);
    return result;
}

/// Writes meta:sync, which also says that this instance is alive.
void Watch::publish() {
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
               digest()};
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
    if (guard(nullptr, [&] { rows = parts_.db.query(kDigest, {text_list(live())}); }) != EZ_OK)
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

}  // namespace ezapi::sync
