#include "full_push.hpp"

#include <algorithm>
#include <set>

#include "pg_lists.hpp"

namespace ezapi::sync {
namespace {

constexpr size_t kPage = 1000;
constexpr size_t kStagedBytes = 4UL * 1024 * 1024;
constexpr const char* kMarkerSeconds = "60";

constexpr std::string_view kTombstones =
    "SELECT key, revision FROM sync_entities WHERE resource = $1 AND key > $2 "
    "ORDER BY key LIMIT $3";

Error lost(const std::string& resource) {
    return Error(EZ_CONFLICT,
                 "full push of " + resource +
                     ": its marker in Redis is gone, taken over by another one or lost");
}

Error under_way() {
    return Error(EZ_CONFLICT, "a full push is under way").with_code("in_progress");
}

/// `*`, `?`, `[`, `]` and `\` as themselves in a pattern of SCAN.
std::string literal(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("*?[]\\").find(c) != std::string_view::npos) out.push_back('\\');
        out.push_back(c);
    }
    return out;
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
    FullPushResult result;
    for (const std::string& resource : needed()) {
        const auto layout = layouts.find(resource);
        if (layout == layouts.end()) continue;
        result.resources.push_back(push({resource, layout->second, id, epoch, owner, &stopping}));
    }
    return result;
}

FullPushResult::Resource FullPush::push(const Pass& pass) const {
    FullPushResult::Resource result{pass.resource, 0, 0, {}};
    try {
        parts_.redis.command({"SET", marker_key(pass.resource), pass.id, "EX", kMarkerSeconds});
        result.entities = fill(pass);
        if (pass.layout != Layout::field) result.removed = remove_unknown(pass);
        complete(pass);
        parts_.ledger.reopen(pass.resource);
    } catch (const Error& error) {
        result.fault = error.what();
        parts_.log.warn("full push of " + pass.resource + " failed: " + error.what());
    }
    return result;
}

/// Everything that the snapshot shows. Returns how many entities that is.
std::int64_t FullPush::fill(const Pass& pass) const {
    Tx tx = parts_.db.begin({.isolation = EZ_REPEATABLE_READ, .read_only = true});
    std::int64_t entities = 0;
    std::string after;
    for (;;) {
        const Page page = read_page(tx, pass, after);
        write_page(pass, page);
        entities += static_cast<std::int64_t>(page.entities.size());
        go_on(pass);
        if (page.last) break;
        after = page.entities.back().entity.key;
    }
    if (pass.layout == Layout::field) stage_tombstones(tx, pass);
    tx.commit();
    return entities;
}

FullPush::Page FullPush::read_page(Tx& tx, const Pass& pass, const std::string& after) const {
    Page page;
    parts_.projections.scan(tx, pass.resource, after, kPage, [&](const Projected& entity) {
        const std::string& last = page.entities.empty() ? after : page.entities.back().entity.key;
        if (!entity.present || entity.id <= last)
            throw Error(EZ_INTERNAL,
                        "'" + std::string(entity.id) + "' is not behind '" + last + "'");
        Rendered& rendered = page.entities.emplace_back();
        rendered.entity = {pass.resource, std::string(entity.id)};
        rendered.layout = pass.layout;
        take(rendered, entity);
    });
    page.last = page.entities.size() < kPage;
    give_revisions(tx, page.entities);
    return page;
}

/// Those that are older than this plugin get a row. Where that exists by now, although the snapshot
/// does not show it, the entity has changed since: revision 0 is older than anything.
void FullPush::give_revisions(Tx& tx, std::vector<Rendered>& entities) const {
    if (entities.empty()) return;
    Entities all;
    for (const Rendered& rendered : entities) all.push_back(rendered.entity);
    const std::vector<std::int64_t> known = Ledger::revisions(tx, all);
    Entities missing;
    for (size_t i = 0; i < all.size(); ++i) {
        if (known[i] == 0) missing.push_back(all[i]);
    }
    std::vector<std::int64_t> given;
    if (!missing.empty()) given = parts_.ledger.allocate(missing, Ledger::State::applied);
    size_t next = 0;
    for (size_t i = 0; i < all.size(); ++i)
        entities[i].revision = known[i] != 0 ? known[i] : given[next++];
}

void FullPush::write_page(const Pass& pass, const Page& page) const {
    if (pass.layout == Layout::field) {
        stage_page(pass, page);
        return;
    }
    const std::vector<Outcome> outcomes =
        parts_.pusher.write(page.entities, RedisWriter::Events::withhold);
    for (size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i].kind == Outcome::Kind::failed)
            throw Error(EZ_INTERNAL, "'" + page.entities[i].entity.key + "': " + outcomes[i].fault);
    }
    parts_.pusher.overtake(page.entities, outcomes);
    keep(pass);
}

void FullPush::stage_page(const Pass& pass, const Page& page) const {
    Words items;
    size_t bytes = 0;
    for (const Rendered& rendered : page.entities) {
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
    if (reply.integer() == 0) throw lost(pass.resource);
}

void FullPush::complete(const Pass& pass) const {
    const std::string event = refresh_event(
        pass.resource, parts_.state.read().last_revision, pass.resource, unix_seconds(now()));
    const Words args{pass.id, event, pass.resource, pass.epoch};
    const Reply reply = pass.layout == Layout::field
                            ? parts_.redis.run(parts_.scripts.swap.script(),
                                               {marker_key(pass.resource),
                                                staging_key(pass.resource, pass.id),
                                                staging_revisions_key(pass.resource, pass.id),
                                                pass.resource,
                                                revisions_key(pass.resource),
                                                std::string(kEpochsKey)},
                                               args)
                            : parts_.redis.run(parts_.scripts.finish.script(),
                                               {marker_key(pass.resource), std::string(kEpochsKey)},
                                               args);
    if (reply.integer() == 0) throw lost(pass.resource);
}

/// Redis is asked for its keys page by page; a plain hash is found by its revision, because others
/// may stand under the same prefix.
std::int64_t FullPush::remove_unknown(const Pass& pass) const {
    std::int64_t removed = 0;
    std::string cursor = "0";
    do {
        const Words words =
            pass.layout == Layout::hash
                ? Words{"SCAN", cursor, "MATCH", literal(pass.resource) + ":*", "COUNT", "1000"}
                : Words{"HSCAN", revisions_key(pass.resource), cursor, "COUNT", "1000"};
        const Reply reply = parts_.redis.command(words);
        cursor = reply[0].text();
        const std::vector<std::string> ids = ids_in(pass, reply[1]);
        if (!ids.empty()) removed += remove_absent(pass, ids);
        go_on(pass);
        keep(pass);
    } while (cursor != "0");
    return removed;
}

/// Keys under the longer prefix of another projection are not ours.
std::vector<std::string> FullPush::ids_in(const Pass& pass, const Reply& page) const {
    std::vector<std::string> longer;
    for (const auto& [resource, layout] : live_layouts(parts_.projections)) {
        if (resource.size() > pass.resource.size()) longer.push_back(resource);
    }
    std::set<std::string> ids;
    const bool keys = pass.layout == Layout::hash;
    for (size_t i = 0; i < page.size(); i += keys ? 1 : 2) {
        const std::string_view key = page[i].text();
        if (!keys) {
            ids.emplace(key);
            continue;
        }
        const bool foreign = std::any_of(longer.begin(), longer.end(), [&](const auto& resource) {
            return key == resource || key.starts_with(resource + ":");
        });
        if (!foreign) ids.emplace(key.substr(pass.resource.size() + 1));
    }
    return {ids.begin(), ids.end()};
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
        // The revisions of deleted entities stay for good: only those whose hash is there count.
        Entities standing;
        for (const Entity& entity : absent) {
            if (parts_.redis.command({"EXISTS", active_key(entity, pass.layout)}).integer() == 1)
                standing.push_back(entity);
        }
        absent = std::move(standing);
    }
    if (absent.empty()) return 0;
    (void)parts_.ledger.allocate(absent, Ledger::State::pending);
    parts_.pusher.push(absent);
    return static_cast<std::int64_t>(absent.size());
}

void FullPush::go_on(const Pass& pass) const {
    if ((*pass.stopping)()) throw Error(EZ_UNAVAILABLE, "the process stops");
    if (!parts_.state.keep_lease(pass.owner))
        throw Error(EZ_CONFLICT, "another instance has taken over");
}

void FullPush::keep(const Pass& pass) const {
    const Reply reply =
        parts_.redis.run(parts_.scripts.keep.script(), {marker_key(pass.resource)}, {pass.id});
    if (reply.integer() == 0) throw lost(pass.resource);
}

}  // namespace ezapi::sync
