#include "loss.hpp"

#include <algorithm>

namespace ezapi::bindings {

namespace {

constexpr std::string_view kDefaultGroup = "default";

Loss loss_of(std::span<const Candidate> candidates, std::int64_t api_key) {
    Loss out;
    out.space = candidates.front().binding.space;
    out.public_model = candidates.front().binding.public_model;
    std::set<std::string, std::less<>> kept;
    for (const Candidate& candidate : candidates) {
        const std::string& group = candidate.binding.route_group;
        out.route_groups.insert(group);
        if (candidate.binding.status != "active" || !candidate.error.empty()) continue;
        const std::vector<std::int64_t>& keys = candidate.group->usable_keys;
        const bool serves = std::binary_search(keys.begin(), keys.end(), api_key);
        if (serves) out.reduced.insert(group);
        if (!serves || keys.size() > 1) kept.insert(group);
    }
    out.served = !kept.empty();
    std::set_difference(out.reduced.begin(),
                        out.reduced.end(),
                        kept.begin(),
                        kept.end(),
                        std::inserter(out.lost, out.lost.end()));
    for (const std::string& group : out.lost) out.reduced.erase(group);
    return out;
}

}  // namespace

Outcome Loss::for_group(std::string_view group) const {
    if (!route_groups.contains(group)) group = kDefaultGroup;
    if (lost.contains(group)) return Outcome::lost;
    return reduced.contains(group) ? Outcome::reduced : Outcome::untouched;
}

std::vector<Loss> losses(std::span<const Candidate> candidates,
                         const std::set<std::string>& suspended_namespaces,
                         std::int64_t api_key) {
    std::vector<Loss> out;
    for (auto first = candidates.begin(); first != candidates.end();) {
        const auto last = std::find_if(first, candidates.end(), [&](const Candidate& candidate) {
            return candidate.binding.name != first->binding.name;
        });
        if (!suspended_namespaces.contains(first->binding.space)) {
            Loss loss = loss_of({first, last}, api_key);
            if (!loss.lost.empty() || !loss.reduced.empty()) out.push_back(std::move(loss));
        }
        first = last;
    }
    return out;
}

}  // namespace ezapi::bindings
