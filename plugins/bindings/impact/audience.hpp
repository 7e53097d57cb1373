// Counts the tokens that each loss affects. Tokens come in classes with equal permissions. Most
// have no list of models; those are counted by namespace and route group, so that the cost of a
// class depends on its own lists and not on the number of models.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ezapi/services/keys.hpp"
#include "loss.hpp"

namespace ezapi::bindings {

struct TokenCounts {
    std::int64_t lost = 0;     // tokens that can no longer use the model
    std::int64_t reduced = 0;  // tokens that still can, with fewer upstreams
};

class Audience {
public:
    /// `losses` must outlive this object and contain each model once.
    explicit Audience(const std::vector<Loss>& losses);

    void add(const KeyClass& tokens);

    /// `lost`: tokens that lose at least one model; `reduced`: those that lose none, but have fewer
    /// upstreams for at least one.
    [[nodiscard]] const TokenCounts& all() const { return all_; }

    /// The counts of each loss, in the order of `losses`.
    [[nodiscard]] std::vector<TokenCounts> by_model() const;

private:
    struct Group {
        std::vector<Outcome> outcomes;                        // one for each loss
        std::unordered_map<std::string, TokenCounts> models;  // affected models, by namespace
        TokenCounts all_models;
        std::unordered_map<std::string, std::int64_t>
            tokens;                 // without a list of models, by namespace
        std::int64_t anywhere = 0;  // of these: allowed in all namespaces
    };

    Group& group(const std::string& name);
    [[nodiscard]] std::vector<size_t> named(const std::vector<std::string>& models,
                                            const std::vector<std::string>& namespaces) const;
    [[nodiscard]] TokenCounts add_unlisted(Group& group,
                                           const KeyClass& tokens,
                                           const std::vector<size_t>& denied);
    [[nodiscard]] TokenCounts add_listed(const Group& group,
                                         const KeyClass& tokens,
                                         const std::vector<size_t>& denied);
    void count(size_t loss, Outcome outcome, std::int64_t tokens);

    const std::vector<Loss>& losses_;
    std::unordered_map<std::string, std::vector<size_t>> by_name_;  // with namespace and without
    std::set<std::string, std::less<>> route_groups_;               // named by any loss
    std::map<std::string, Group> groups_;
    std::vector<TokenCounts> listed_;  // of classes whose lists name the model
    TokenCounts all_;
};

}  // namespace ezapi::bindings
