// How many tokens lose what. Tokens come as classes that may use the same; most have no list of
// models and are counted by namespace and route group, so that a class costs a look at its own
// lists and never one at every model.
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
    std::int64_t lost = 0;     // tokens that cannot use it any more
    std::int64_t reduced = 0;  // tokens that can, with an upstream less
};

class Audience {
public:
    /// `losses` must outlive it and have no model twice.
    explicit Audience(const std::vector<Loss>& losses);

    void add(const KeyClass& tokens);

    /// Tokens that lose a model, and those that lose none but an upstream of one.
    [[nodiscard]] const TokenCounts& all() const { return all_; }

    /// Of each loss, in their order.
    [[nodiscard]] std::vector<TokenCounts> by_model() const;

private:
    struct Group {
        std::vector<Outcome> outcomes;                        // of each loss
        std::unordered_map<std::string, TokenCounts> models;  // how many, by namespace
        TokenCounts all_models;
        std::unordered_map<std::string, std::int64_t>
            tokens;                 // not limited to models, by namespace
        std::int64_t anywhere = 0;  // and of those in all namespaces
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
    std::set<std::string, std::less<>> route_groups_;               // that any of the losses names
    std::map<std::string, Group> groups_;
    std::vector<TokenCounts> listed_;  // of classes whose lists name the model
    TokenCounts all_;
};

}  // namespace ezapi::bindings
