#include "backfill/full_push.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "backfill/key_scan.hpp"
#include "backfill/prefetch.hpp"
#include "backfill/write_behind.hpp"
#include "delivery/fault_points.hpp"
#include "ledger/pg_lists.hpp"

namespace ezapi::sync {
namespace {

constexpr size_t kPage = 1000;
constexpr size_t kStagedBytes = 4UL * 1024 * 1024;
constexpr std::chrono::seconds kRenewal{1};
constexpr size_t kWritesAtOnce = 2;

constexpr std::string_view kTombstones =
    "SELECT key, revision FROM sync_entities WHERE resource = $1 AND key > $2 "
    "ORDER BY key LIMIT $3";

Error lost(const std::string& resource) {
    return Error(EZ_CONFLICT,
                 "full push of " + resource +
                     ": its marker in Redis is gone, taken over by another one or lost");
}

/// Steps of a full push answer 1, or 0 when the marker is not their own any more.
void require_marker(const Reply& reply, const std::string& resource) {
    if (reply.integer() == 0) throw lost(resource);
}

Error under_way() {
    return Error(EZ_CONFLICT, "a full push is under way").with_code("in_progress");
}

}  // namespace

std::string FullPushResult::fault() const {
    for (const Resource& resource : resources) {
        if (!resource.fault.empty()) return resource.name + ": " + resource.fault;
    }
    return {};
}

/// Given back at the end, however it comes.
class FullPush::Lease {
public:
    explicit Lease(const StateRow& state, std::string owner)
        : state_(state), owner_(std::move(owner)) {
        if (!state_.take_lease(owner_)) throw under_way();
    }

    ~Lease() {
        // What is not given back runs out by itself.
        (void)guard(nullptr, [&] { state_.drop_lease(owner_); });
    }

    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

private:
    const StateRow& state_;
    std::string owner_;
};

FullPushResult FullPush::run(const std::function<std::vector<std::string>()>& needed,
                             const Stopping& stopping) {
    const std::unique_lock lock(one_at_a_time_, std::try_to_lock);
    if (!lock.owns_lock()) throw under_way();
    const std::string id(parts_.db.query("SELECT gen_random_uuid()").text(0, 0));
    const std::string owner = parts_.instance + "/" + id;
    const Lease lease(parts_.state, owner);
    const Layouts layouts = live_layouts(parts_.projections);
    const std::string epoch = parts_.state.read().epoch;
    std::vector<std::string> resources = needed();
    std::erase_if(resources, [&](const std::string& name) { return !layouts.contains(name); });
    // Few entities and needed by every request: those are there while the many tokens still come.
    std::stable_partition(resources.begin(), resources.end(), [&](const std::string& name) {
        return layouts.find(name)->second == Layout::field;
    });
    FullPushResult result;
    for (const std::string& resource : resources) {
        result.resources.push_back(
            push({resource, layouts.find(resource)->second, id, epoch, owner, &stopping}));
        if (result.resources.back().fault.empty()) pushed_.insert(resource);
    }
    return result;
}

FullPushResult::Resource FullPush::push(const Pass& pass) const {
    FullPushResult::Resource result{pass.resource, 0, 0, {}};
    try {
        const Reply found = parts_.redis.command({"HGET", std::string(kFillsKey), pass.resource});
        parts_.state.note_fill_begun(pass.resource, pass.id, found.string_or_nil());
        parts_.redis.run(parts_.scripts.begin.script(),
                         {marker_key(pass.resource), std::string(kFillsKey)},
                         {pass.id, pass.resource});
        step("marked");
        forget_deleted(pass);
        Fingerprints met;
        fill(pass, result, met);
        step("filled");
        if (pass.layout != Layout::field) result.removed += remove_unknown(pass, met);
        complete(pass);
        step("completed");
        parts_.state.note_fill(pass.resource, pass.id);
    } catch (const Error& error) {
        result.fault = error.what();
        parts_.log.warn("full push of " + pass.resource + " failed: " + error.what());
        return result;
    }
    ez_error error{};
    const auto reopen = [&] { parts_.ledger.reopen(pass.resource, *pass.stopping); };
    if (guard(&error, reopen) != EZ_OK)
        parts_.log.warn("what is open of " + pass.resource +
                        " is tried again when it is due, not at once: " + error.message);
    return result;
}

/// Before the snapshot, so that what is forgotten does not move along.
void FullPush::forget_deleted(const Pass& pass) const {
    while (parts_.ledger.forget_deleted(pass.resource)) {
        go_on(pass);
        keep(pass);
    }
}

/// Everything that the snapshot shows.
void FullPush::fill(const Pass& pass, FullPushResult::Resource& result, Fingerprints& met) const {
    Tx tx = parts_.db.begin({.isolation = EZ_REPEATABLE_READ, .read_only = true});
    {
        Prefetch pages([&](const std::string& after) { return read_page(tx, pass, after); });
        WriteBehind writes(pass.layout == Layout::field ? 1 : kWritesAtOnce);
        while (std::optional<Page> page = pages.next()) {
            for (const Page::Entry& entry : page->entries) met.add(entry.rendered.entity.key);
            result.entities += static_cast<std::int64_t>(page->entries.size());
            if (pass.layout != Layout::field) result.removed += remove_ghosts(pass, *page);
            const auto shared = std::make_shared<Page>(std::move(*page));
            writes.add([this, &pass, shared] { write_page(pass, *shared); });
            step("page");
            go_on(pass);
        }
        writes.finish();
    }
    if (pass.layout == Layout::field) stage_tombstones(tx, pass);
    tx.commit();
}

/// Those that are older than this plugin get a row. Where that exists by now, although the snapshot
/// does not show it, the entity has changed since: revision 0 is older than anything.
Page FullPush::read_page(Tx& tx, const Pass& pass, const std::string& after) const {
    Page page = PageReader(parts_.projections).read(tx, pass.resource, pass.layout, after, kPage);
    Entities missing;
    for (const Page::Entry& entry : page.entries) {
        if (entry.status.revision == 0) missing.push_back(entry.rendered.entity);
    }
    if (missing.empty()) return page;
    const std::vector<std::int64_t> given = parts_.ledger.allocate(missing, Ledger::State::applied);
    size_t next = 0;
    for (Page::Entry& entry : page.entries) {
        if (entry.status.revision == 0) entry.rendered.revision = given[next++];
    }
    return page;
}

void FullPush::write_page(const Pass& pass, Page& page) const {
    if (pass.layout == Layout::field) {
        stage_page(pass, page);
        return;
    }
    std::vector<Rendered> entities;
    entities.reserve(page.entries.size());
    for (Page::Entry& entry : page.entries) entities.push_back(std::move(entry.rendered));
    const std::vector<Outcome> outcomes = parts_.pusher.write(
        entities, RedisWriter::Events::withhold, BackfillFence::of_full_push(pass.id));
    for (size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i].kind == Outcome::Kind::fenced) throw lost(pass.resource);
        if (outcomes[i].kind != Outcome::Kind::failed) continue;
        parts_.log.warn("full push of " + pass.resource + " leaves '" + entities[i].entity.key +
                        "' to the outbox: " + outcomes[i].fault);
        parts_.ledger.reopen(entities[i], outcomes[i].fault);
    }
    parts_.pusher.overtake(entities, outcomes);
    keep(pass);
}

void FullPush::stage_page(const Pass& pass, const Page& page) const {
    Words items;
    size_t bytes = 0;
    for (const auto& [rendered, status] : page.entries) {
        items.insert(items.end(),
                     {rendered.entity.key, std::to_string(rendered.revision), "1", rendered.value});
        bytes += rendered.entity.key.size() + rendered.value.size();
        if (bytes < kStagedBytes) continue;
        stage(pass, items);
        items.clear();
        bytes = 0;
    }
    stage(pass, items);
}

void FullPush::stage_tombstones(Tx& tx, const Pass& pass) const {
    std::string after;
    for (;;) {
        const Rows rows = tx.query(kTombstones, {pass.resource, after, kPage});
        if (rows.empty()) return;
        Words items;
        items.reserve(rows.size() * 4);
        for (size_t row = 0; row < rows.size(); ++row) {
            items.insert(items.end(),
                         {std::string(rows.text(row, 0)), std::string(rows.text(row, 1)), "0", ""});
        }
        stage(pass, items);
        go_on(pass);
        if (rows.size() < kPage) return;
        after = rows.text(rows.size() - 1, 0);
    }
}

void FullPush::stage(const Pass& pass, const Words& items) const {
    Words args{pass.id};
    args.insert(args.end(), items.begin(), items.end());
    const Reply reply = parts_.redis.run(parts_.scripts.stage.script(),
                                         {marker_key(pass.resource),
                                          staging_key(pass.resource, pass.id),
                                          staging_revisions_key(pass.resource, pass.id)},
                                         args);
    require_marker(reply, pass.resource);
}

void FullPush::complete(const Pass& pass) const {
    const std::string event = refresh_event(
        pass.resource, parts_.state.read().last_revision, pass.resource, unix_seconds(now()));
    const Words args{pass.id, event, pass.resource, pass.epoch};
    const Reply reply =
        pass.layout == Layout::field
            ? parts_.redis.run(parts_.scripts.swap.script(),
                               {marker_key(pass.resource),
                                staging_key(pass.resource, pass.id),
                                staging_revisions_key(pass.resource, pass.id),
                                pass.resource,
                                revisions_key(pass.resource),
                                std::string(kEpochsKey),
                                std::string(kFillsKey),
                                std::string(kVoidKey)},
                               args)
            : parts_.redis.run(
                  parts_.scripts.finish.script(),
                  {marker_key(pass.resource), std::string(kEpochsKey), std::string(kFillsKey)},
                  args);
    require_marker(reply, pass.resource);
}

std::int64_t FullPush::remove_unknown(const Pass& pass, Fingerprints& met) const {
    std::int64_t removed = 0;
    KeyScan(parts_.redis, parts_.projections)
        .walk(pass.resource, pass.layout, [&](const std::vector<std::string>& ids) {
            const std::vector<std::string> unknown_keys =
                sync::unknown_keys(parts_.db, pass.resource, ids, met);
            if (!unknown_keys.empty()) removed += remove_absent(pass, unknown_keys);
            go_on(pass);
            keep(pass);
        });
    return removed;
}

std::int64_t FullPush::remove_ghosts(const Pass& pass, const Page& page) const {
    std::vector<std::string> ids;
    for (const Page::Entry& ghost : page.ghosts) ids.push_back(ghost.rendered.entity.key);
    return ids.empty() ? 0 : remove_absent(pass, ids);
}

std::int64_t FullPush::remove_absent(const Pass& pass, const std::vector<std::string>& ids) const {
    const std::vector<std::string_view> wanted(ids.begin(), ids.end());
    Entities absent;
    {
        Tx tx = parts_.db.begin({.isolation = EZ_REPEATABLE_READ, .read_only = true});
        parts_.projections.render(tx, pass.resource, wanted, [&](const Projected& entity) {
            if (!entity.present) absent.push_back({pass.resource, std::string(entity.id)});
        });
        tx.commit();
    }
    std::sort(absent.begin(), absent.end());
    if (pass.layout == Layout::plain_hash) {
        // The revisions of deleted entities stay: only those whose hash is there count.
        Entities remaining;
        for (const Entity& entity : absent) {
            if (parts_.redis.command({"EXISTS", active_key(entity, pass.layout)}).integer() == 1)
                remaining.push_back(entity);
        }
        absent = std::move(remaining);
    }
    if (absent.empty()) return 0;
    (void)parts_.ledger.allocate(absent, Ledger::State::pending);
    parts_.pusher.push(absent);
    return static_cast<std::int64_t>(absent.size());
}

/// The lease is renewed often enough for others to take over soon from a process that is gone.
void FullPush::go_on(const Pass& pass) const {
    if ((*pass.stopping)()) throw Error(EZ_UNAVAILABLE, "the process stops");
    const auto now = std::chrono::steady_clock::now();
    if (now < pass.renew_at) return;
    pass.renew_at = now + kRenewal;
    if (!parts_.state.keep_lease(pass.owner))
        throw Error(EZ_CONFLICT, "another instance has taken over");
}

void FullPush::keep(const Pass& pass) const {
    const Reply reply =
        parts_.redis.run(parts_.scripts.keep.script(), {marker_key(pass.resource)}, {pass.id});
    require_marker(reply, pass.resource);
}

}  // namespace ezapi::sync
