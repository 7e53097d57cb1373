#include "compare/reconciliation.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "delivery/redis_writer.hpp"

namespace ezapi::sync {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kPage = 1000;

/// What an entity adds to the digest of its resource.
std::uint64_t share_of(const std::string& key, std::uint64_t digest) {
    return (std::hash<std::string>{}(key) ^ digest) * 0x9e3779b97f4a7c15ULL;
}

std::optional<Drift::Kind> difference(const Rendered& wanted, const StoredEntity& held) {
    if (!wanted.present) {
        if (held.present) return Drift::Kind::foreign;
        return std::nullopt;
    }
    if (!held.present) return Drift::Kind::missing;
    if (held.digest != digest_of(wanted) || held.revision != wanted.revision)
        return Drift::Kind::stale;
    return std::nullopt;
}

std::vector<std::string> keys_in(const std::vector<Page::Entry>& entries) {
    std::vector<std::string> keys;
    keys.reserve(entries.size());
    for (const Page::Entry& entry : entries) keys.push_back(entry.rendered.entity.key);
    return keys;
}

bool is_whole(const Redis& redis, const std::string& key) {
    return redis.command({"TYPE", key}).string() == "hash";
}

}  // namespace

Findings Reconciliation::run(Act act,
                             Speed speed,
                             const Each& each,
                             const Stopping& stopping,
                             const std::vector<std::string>& resources) {
    Findings findings;
    for (const auto& [resource, layout] : live_layouts(parts_.projections)) {
        if (!resources.empty() &&
            std::find(resources.begin(), resources.end(), resource) == resources.end())
            continue;
        Findings::Resource& result = findings.resources.emplace_back();
        result.name = resource;
        ez_error error{};
        const ez_status status = guard(&error, [&, &name = resource, form = layout] {
            Pass pass{name, form, act, speed, false, &each, &stopping, &result};
            compare(pass);
        });
        if (status == EZ_OK) continue;
        result.fault = error.message;
        parts_.log.warn("comparison of " + resource + " ended early: " + result.fault);
    }
    return findings;
}

void Reconciliation::compare(Pass& pass) {
    pass.hollow = pass.layout == Layout::field && !is_whole(parts_.redis, pass.resource);
    Prefetch pages([&](const std::string& after) { return read(pass, after); });
    while (std::optional<Page> page = pages.next()) {
        compare_page(pass, std::move(*page));
        go_on(pass);
    }
    if (!pass.hollow) {
        look_for_strays(pass);
        return;
    }
    if (pass.result->found() == 0 || pass.act == Act::report) return;
    const FullPushResult filled = parts_.full_push.run(
        [&] { return std::vector<std::string>{pass.resource}; }, *pass.stopping);
    if (const std::string fault = filled.fault(); !fault.empty()) throw Error(EZ_INTERNAL, fault);
    pass.result->repaired = pass.result->found();
}

/// On a thread of its own. How long it takes to begin a transaction tells how busy the others are.
Page Reconciliation::read(const Pass& pass, const std::string& after) {
    const auto asked = Clock::now();
    Tx tx = parts_.db.begin({.isolation = EZ_REPEATABLE_READ, .read_only = true});
    throttle_.answered_within(Clock::now() - asked);
    Page page = PageReader(parts_.projections).read(tx, pass.resource, pass.layout, after, kPage);
    tx.commit();
    if (pass.speed == Speed::considerate) {
        const auto wake = Clock::now() + throttle_.rest_after(Clock::now() - asked);
        while (Clock::now() < wake && !(*pass.stopping)())
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return page;
}

void Reconciliation::compare_page(Pass& pass, Page page) {
    pass.result->entities += static_cast<std::int64_t>(page.entries.size());
    Entries all = std::move(page.entries);
    for (const Page::Entry& entry : all) pass.met.add(entry.rendered.entity.key);
    all.insert(all.end(),
               std::make_move_iterator(page.ghosts.begin()),
               std::make_move_iterator(page.ghosts.end()));
    const std::vector<StoredEntity> held = stored_.read(pass.resource, pass.layout, keys_in(all));
    for (const StoredEntity& each : held) pass.held += each.present ? 1 : 0;
    judge(pass, std::move(all), held);
}

void Reconciliation::judge(Pass& pass, Entries entries, const std::vector<StoredEntity>& held) {
    Entities suspects;
    std::vector<size_t> places;
    for (size_t i = 0; i < entries.size(); ++i) {
        const Rendered& wanted = entries[i].rendered;
        const std::uint64_t share =
            wanted.present ? share_of(wanted.entity.key, digest_of(wanted)) : 0;
        pass.result->database_digest += share;
        pass.result->redis_digest += share;
        if (entries[i].status.pending || !difference(wanted, held[i])) continue;
        suspects.push_back(wanted.entity);
        places.push_back(i);
    }
    if (suspects.empty()) return;
    const std::vector<std::int64_t> now = parts_.ledger.current(suspects);
    Entities drifted;
    for (size_t i = 0; i < suspects.size(); ++i) {
        const Rendered& wanted = entries[places[i]].rendered;
        if (now[i] != wanted.revision) continue;
        const StoredEntity& found = held[places[i]];
        if (wanted.present)
            pass.result->redis_digest -= share_of(wanted.entity.key, digest_of(wanted));
        if (found.present) pass.result->redis_digest += share_of(wanted.entity.key, found.digest);
        const Drift drift{*difference(wanted, found), wanted.entity};
        pass.result->count(drift.kind);
        (*pass.each)(drift);
        drifted.push_back(drift.entity);
    }
    if (pass.act == Act::repair && !pass.hollow) repair(pass, std::move(drifted));
}

/// What is newer in Redis than in the database gets a new revision and comes by the outbox.
void Reconciliation::repair(Pass& pass, Entities entities) const {
    if (entities.empty()) return;
    std::sort(entities.begin(), entities.end());
    (void)parts_.ledger.allocate(entities, Ledger::State::pending);
    pass.result->repaired += static_cast<std::int64_t>(parts_.pusher.push(entities).applied);
}

/// A hash that holds no more than what was found of the database's entities holds nothing else.
void Reconciliation::look_for_strays(Pass& pass) {
    if (pass.layout == Layout::field &&
        parts_.redis.command({"HLEN", pass.resource}).integer() <= pass.held)
        return;
    KeyScan(parts_.redis, parts_.projections)
        .walk(pass.resource, pass.layout, [&](const std::vector<std::string>& ids) {
            go_on(pass);
            const std::vector<std::string> unknown_keys =
                sync::unknown_keys(parts_.db, pass.resource, ids, pass.met);
            if (unknown_keys.empty()) return;
            Entries absent = absent_among(pass, unknown_keys);
            const std::vector<StoredEntity> held =
                stored_.read(pass.resource, pass.layout, keys_in(absent));
            judge(pass, std::move(absent), held);
        });
}

Reconciliation::Entries Reconciliation::absent_among(const Pass& pass,
                                                     const std::vector<std::string>& ids) const {
    const std::vector<std::string_view> wanted(ids.begin(), ids.end());
    Entries out;
    Entities absent;
    Tx tx = parts_.db.begin({.isolation = EZ_REPEATABLE_READ, .read_only = true});
    parts_.projections.render(tx, pass.resource, wanted, [&](const Projected& entity) {
        if (!entity.present) absent.push_back({pass.resource, std::string(entity.id)});
    });
    const std::vector<EntityStatus> entity_statuses = sync::entity_statuses(tx, absent);
    tx.commit();
    for (size_t i = 0; i < absent.size(); ++i) {
        Page::Entry& entry = out.emplace_back();
        entry.rendered.entity = absent[i];
        entry.rendered.layout = pass.layout;
        entry.rendered.revision = entity_statuses[i].revision;
        entry.status = entity_statuses[i];
    }
    return out;
}

void Reconciliation::go_on(const Pass& pass) const {
    if ((*pass.stopping)()) throw Error(EZ_UNAVAILABLE, "the process stops");
}

}  // namespace ezapi::sync
