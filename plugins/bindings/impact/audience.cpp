#include "audience.hpp"

#include <algorithm>

namespace ezapi::bindings {

namespace {

void add_outcome(TokenCounts& counts, Outcome outcome, std::int64_t by) {
    if (outcome == Outcome::lost) counts.lost += by;
    if (outcome == Outcome::reduced) counts.reduced += by;
}

bool lists(const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

Audience::Audience(const std::vector<Loss>& losses) : losses_(losses), listed_(losses.size()) {
    for (size_t i = 0; i < losses.size(); ++i) {
        by_name_[losses[i].public_model].push_back(i);
        by_name_[losses[i].name()].push_back(i);
        route_groups_.insert(losses[i].route_groups.begin(), losses[i].route_groups.end());
    }
}

/// Route groups that no loss names share one entry: all of them are routed by `default`.
Audience::Group& Audience::group(const std::string& name) {
    const auto [at, fresh] = groups_.try_emplace(route_groups_.contains(name) ? name : "");
    Group& group = at->second;
    if (!fresh) return group;
    group.outcomes.reserve(losses_.size());
    for (const Loss& loss : losses_) {
        const Outcome outcome = loss.for_group(at->first);
        group.outcomes.push_back(outcome);
        add_outcome(group.models[loss.space], outcome, 1);
        add_outcome(group.all_models, outcome, 1);
    }
    return group;
}

/// The losses that a list names and that are in the namespaces, each once.
std::vector<size_t> Audience::named(const std::vector<std::string>& models,
                                    const std::vector<std::string>& namespaces) const {
    std::vector<size_t> out;
    for (const std::string& model : models) {
        const auto found = by_name_.find(model);
        if (found == by_name_.end()) continue;
        for (const size_t loss : found->second) {
            if (namespaces.empty() || lists(namespaces, losses_[loss].space)) out.push_back(loss);
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

void Audience::count(size_t loss, Outcome outcome, std::int64_t tokens) {
    add_outcome(listed_[loss], outcome, tokens);
}

TokenCounts Audience::add_unlisted(Group& group,
                                   const KeyClass& tokens,
                                   const std::vector<size_t>& denied) {
    TokenCounts models;
    if (tokens.namespaces.empty()) {
        group.anywhere += tokens.tokens;
        models = group.all_models;
    }
    for (const std::string& space : tokens.namespaces) {
        group.tokens[space] += tokens.tokens;
        const auto found = group.models.find(space);
        if (found == group.models.end()) continue;
        models.lost += found->second.lost;
        models.reduced += found->second.reduced;
    }
    for (const size_t loss : denied) {
        count(loss, group.outcomes[loss], -tokens.tokens);
        add_outcome(models, group.outcomes[loss], -1);
    }
    return models;
}

TokenCounts Audience::add_listed(const Group& group,
                                 const KeyClass& tokens,
                                 const std::vector<size_t>& denied) {
    TokenCounts models;
    for (const size_t loss : named(tokens.models, tokens.namespaces)) {
        if (std::binary_search(denied.begin(), denied.end(), loss)) continue;
        count(loss, group.outcomes[loss], tokens.tokens);
        add_outcome(models, group.outcomes[loss], 1);
    }
    return models;
}

void Audience::add(const KeyClass& tokens) {
    Group& at = group(tokens.group);
    const std::vector<size_t> denied = named(tokens.models_denied, tokens.namespaces);
    const TokenCounts models =
        tokens.models.empty() ? add_unlisted(at, tokens, denied) : add_listed(at, tokens, denied);
    if (models.lost > 0) {
        all_.lost += tokens.tokens;
    } else if (models.reduced > 0) {
        all_.reduced += tokens.tokens;
    }
}

std::vector<TokenCounts> Audience::by_model() const {
    std::vector<TokenCounts> out = listed_;
    for (const auto& [name, group] : groups_) {
        for (size_t i = 0; i < losses_.size(); ++i) {
            const auto found = group.tokens.find(losses_[i].space);
            const std::int64_t there = found == group.tokens.end() ? 0 : found->second;
            add_outcome(out[i], group.outcomes[i], there + group.anywhere);
        }
    }
    return out;
}

}  // namespace ezapi::bindings
