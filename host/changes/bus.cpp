#include "host/changes/bus.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "ezapi/error.hpp"

namespace ezapi::host::changes {
namespace {

ez_change borrowed(const db::Change& change) {
    return {sizeof(ez_change),
            change.action,
            str(change.resource),
            str(change.id),
            str(change.before),
            str(change.after)};
}

const auto kEveryone = [](const auto&) { return true; };

}  // namespace

void Bus::subscribe(std::string_view owner,
                    std::string_view resource,
                    int32_t phase,
                    ez_changes_fn fn,
                    void* user,
                    ez_free_fn free_user) {
    if (resource.empty() || fn == nullptr || phase < EZ_DERIVE || phase > EZ_AUDIT) {
        if (free_user != nullptr) free_user(user);
        throw Error(EZ_INVALID,
                    "subscription of " + std::string(owner) + " to changes of '" +
                        std::string(resource) +
                        "': expected a resource, a function and a phase from 0 to 2, found phase " +
                        std::to_string(phase));
    }
    subscribers_.add(
        owner, {std::string(owner), std::string(resource), phase, fn, user}, user, free_user);
}

void Bus::activate(std::string_view owner) {
    subscribers_.activate(owner);
    projections_.activate(owner);
}

bool Bus::retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) {
    const bool told_all = subscribers_.retire(owner, deadline);
    return projections_.retire(owner, deadline) && told_all;
}

void Bus::discard(std::string_view owner) {
    subscribers_.discard(owner);
    projections_.discard(owner);
}

void Bus::before_commit(db::Transaction& transaction) {
    const std::uint64_t switches = switches_.load();
    // The subscribers that are live now take part in the whole commit and cannot be retired before
    // its end.
    const Subscribers subscribers = subscribers_.lease(kEveryone);
    derive(transaction, subscribers);
    transaction.seal_changes(true);
    const std::vector<db::Change> changes = coalesce(transaction.changes());
    tell(transaction, subscribers, EZ_RECORD, changes);
    tell(transaction, subscribers, EZ_AUDIT, changes);
    bool audited = false;
    subscribers.for_each([&](const Subscription& each) { audited = audited || each.audits(); });
    if (!audited) without_auditor(transaction, changes, switches);
}

/// `switches`: as it was before the subscribers were leased. The auditor may be live again by now.
void Bus::without_auditor(db::Transaction& transaction,
                          const std::vector<db::Change>& changes,
                          std::uint64_t switches) {
    const bool changed = std::any_of(changes.begin(), changes.end(), [](const db::Change& change) {
        return change.action != EZ_TOUCHED;
    });
    const bool was_away = switches % 2 == 1 || switches != switches_.load();
    if (changed && was_away)
        throw Error(EZ_UNAVAILABLE,
                    "the plugin that keeps the operation log is being started again; repeat the "
                    "request")
            .with_code("audit_away");
    if (unaudited_) unaudited_(transaction, changes);
}

void Bus::begin_switch() {
    if (!auditors().empty()) ++switches_;
}

void Bus::end_switch() {
    if (switches_ % 2 == 1) ++switches_;
}

std::vector<std::string> Bus::auditors() {
    std::vector<std::string> out;
    const Subscribers live =
        subscribers_.lease([](const Subscription& each) { return each.audits(); });
    live.for_each([&](const Subscription& each) { out.push_back(each.owner); });
    return out;
}

/// Each round passes on the changes that the previous one added. An entity that is touched again is
/// not new, so subscribers that touch each other's entities terminate.
void Bus::derive(db::Transaction& transaction, const Subscribers& subscribers) {
    std::set<std::pair<std::string, std::string>> known;
    size_t seen = 0;
    for (int round = 0; seen < transaction.changes().size(); ++round) {
        if (round == kMaxRounds) {
            throw Error(EZ_INTERNAL,
                        "changes: subscribers derived new ones for " + std::to_string(kMaxRounds) +
                            " rounds, last of " + transaction.changes().back().resource);
        }
        std::vector<db::Change> fresh;
        for (; seen < transaction.changes().size(); ++seen) {
            const db::Change& change = transaction.changes()[seen];
            const bool first = known.emplace(change.resource, change.id).second;
            if (first || change.action != EZ_TOUCHED) fresh.push_back(change);
        }
        tell(transaction, subscribers, EZ_DERIVE, coalesce(fresh));
    }
}

void Bus::tell(db::Transaction& transaction,
               const Subscribers& subscribers,
               int32_t phase,
               const std::vector<db::Change>& changes) {
    subscribers.for_each([&](const Subscription& each) {
        if (each.phase != phase) return;
        std::vector<ez_change> told;
        for (const db::Change& change : changes) {
            if (each.resource == "*" || each.resource == change.resource)
                told.push_back(borrowed(change));
        }
        if (told.empty()) return;
        check([&](ez_error* error) {
            return each.fn(each.user, db::to_handle(transaction), told.data(), told.size(), error);
        });
    });
}

}  // namespace ezapi::host::changes
