#include "ceiling.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "ezapi/network.hpp"
#include "ezapi/time.hpp"

namespace ezapi::keys {

namespace {

using Within = bool (*)(const Json& value, const Json& ceiling);

bool contains(const Json& list, const Json& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

bool in_any(const Json& network, const Json& networks) {
    return std::any_of(networks.begin(), networks.end(), [&network](const Json& other) {
        return network_within(network.get_ref<const std::string&>(),
                              other.get_ref<const std::string&>());
    });
}

/// True for a non-empty subset of the limit; an empty list would mean all.
bool some_of(const Json& value, const Json& ceiling) {
    return !value.empty() && std::all_of(value.begin(), value.end(), [&ceiling](const Json& item) {
        return contains(ceiling, item);
    });
}

bool all_of(const Json& value, const Json& ceiling) {
    return some_of(ceiling, value);
}

bool inside(const Json& value, const Json& ceiling) {
    return !value.empty() && std::all_of(value.begin(), value.end(), [&ceiling](const Json& item) {
        return in_any(item, ceiling);
    });
}

bool covers(const Json& value, const Json& ceiling) {
    return inside(ceiling, value);
}

bool at_most(const Json& value, const Json& ceiling) {
    return !value.is_null() && value.get<std::int64_t>() <= ceiling.get<std::int64_t>();
}

/// 0 would mean no limit.
bool at_most_but_some(const Json& value, const Json& ceiling) {
    return value.get<std::int64_t>() > 0 && at_most(value, ceiling);
}

bool no_later(const Json& value, const Json& ceiling) {
    if (value.is_null()) return false;
    const auto time = parse_time(value.get_ref<const std::string&>());
    const auto latest = parse_time(ceiling.get_ref<const std::string&>());
    return time && latest && *time <= *latest;
}

/// A quota that is reset more often is larger.
bool no_oftener(const Json& value, const Json& ceiling) {
    static constexpr std::array<std::string_view, 4> kPeriods{"none", "monthly", "weekly", "daily"};
    const auto rank = [](const Json& period) {
        return std::find(kPeriods.begin(), kPeriods.end(), period.get_ref<const std::string&>());
    };
    return rank(value) <= rank(ceiling);
}

bool same(const Json& value, const Json& ceiling) {
    return value == ceiling;
}

struct Limit {
    const char* field;
    Within within;
    const char* expected;  // text before the limit in the message
};

constexpr std::array<Limit, 10> kLimits{{
    {"group", same, "expected"},
    {"namespaces", some_of, "expected some of"},
    {"models", some_of, "expected some of"},
    {"models_denied", all_of, "expected at least"},
    {"ip_allow", inside, "expected addresses within"},
    {"ip_deny", covers, "expected to cover"},
    {"expires_at", no_later, "expected no time later than"},
    {"quota_limit", at_most, "expected at most"},
    {"quota_reset", no_oftener, "expected no reset more often than"},
    {"qps_limit", at_most_but_some, "expected 1 to"},
}};

constexpr const char* kQuota = "quota_limit";
constexpr const char* kReset = "quota_reset";

/// True for a value that restricts nothing.
bool is_open(const Json& value) {
    return value.is_null() || value == 0 || value == "" || (value.is_array() && value.empty());
}

/// Whether this write by an admin sets the field. A PUT repeats what was read, so for a PUT only
/// changed values count.
bool sets(const Draft& draft, const char* field) {
    return draft.changes(field) || (draft.mode == BodyMode::merge && draft.names(field));
}

void keep_ceilings(Draft& draft) {
    Json& limits = draft.after["limits"];
    for (const Limit& limit : kLimits) {
        if (limit.field == std::string_view(kReset) || !sets(draft, limit.field)) continue;
        const Json& value = draft.after.at(limit.field);
        if (is_open(value)) {
            limits.erase(limit.field);
        } else {
            limits[limit.field] = value;
        }
    }
    // The reset period is part of the quota's limit.
    if (!limits.contains(kQuota)) {
        limits.erase(kReset);
    } else if (sets(draft, kQuota) || sets(draft, kReset)) {
        limits[kReset] = draft.after.at(kReset);
    }
}

void judge(Draft& draft) {
    const Json& limits = draft.after.at("limits");
    for (const Limit& limit : kLimits) {
        const auto ceiling = limits.find(limit.field);
        if (ceiling == limits.end() || !draft.changes(limit.field) ||
            limit.within(draft.after.at(limit.field), *ceiling))
            continue;
        draft.faults.add(limit.field,
                         "exceeds",
                         std::string("an admin has limited it: ") + limit.expected + " " +
                             shown(*ceiling) + ", found " + shown(draft.after.at(limit.field)));
    }
}

void settle_suspension(Draft& draft, Author author) {
    Json& by = draft.after["suspended_by"];
    const bool was_admins = by == "admin";
    if (draft.after.at("status") != "suspended") {
        if (was_admins && author == Author::tenant) {
            draft.faults.add(
                "status", "exceeds", "an admin has suspended it: only an admin can activate it");
            return;
        }
        by = nullptr;
    } else if (author == Author::admin ? sets(draft, "status") : draft.changes("status")) {
        if (!was_admins) by = author == Author::admin ? "admin" : "master";
    }
}

}  // namespace

void apply_ceilings(Draft& draft, Author author) {
    settle_suspension(draft, author);
    if (author == Author::admin) {
        keep_ceilings(draft);
    } else {
        judge(draft);
    }
}

bool is_limited(const Json& token) {
    return token.at("suspended_by") == "admin" || !token.at("limits").empty();
}

}  // namespace ezapi::keys
