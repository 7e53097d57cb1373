// The impact of losing an API key: compares counting by classes with counting token by token.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "impact/audience.hpp"
#include "impact/loss.hpp"

namespace ezapi::bindings {
namespace {

constexpr std::int64_t kKey = 5;

class Losses : public ::testing::Test {
protected:
    Candidate candidate(const std::string& model, const std::string& route_group, Group& group) {
        Candidate out;
        out.binding.space = "ns";
        out.binding.public_model = model;
        out.binding.name = "ns." + model;
        out.binding.route_group = route_group;
        out.binding.status = "active";
        out.group = &group;
        return out;
    }

    static std::vector<Loss> of(const std::vector<Candidate>& candidates,
                                const std::set<std::string>& suspended = {}) {
        return losses(candidates, suspended, kKey);
    }

    Group alone_{1, "active", ModelIndex({}), {kKey}};
    Group shared_{1, "active", ModelIndex({}), {kKey, 6}};
    Group other_{1, "active", ModelIndex({}), {7}};
};

TEST_F(Losses, AModelWithoutAnotherUpstreamIsLost) {
    const auto found = of({candidate("m", "default", alone_)});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_FALSE(found[0].served);
    EXPECT_EQ(found[0].for_group("default"), Outcome::lost);
    EXPECT_EQ(found[0].for_group("vip"), Outcome::lost);
}

TEST_F(Losses, AnotherApiKeyOrAnotherGroupServesOn) {
    const auto found = of({candidate("a", "default", shared_),
                           candidate("b", "default", alone_),
                           candidate("b", "default", other_)});
    ASSERT_EQ(found.size(), 2U);
    for (const Loss& loss : found) {
        EXPECT_TRUE(loss.served);
        EXPECT_EQ(loss.for_group("default"), Outcome::reduced) << loss.name();
    }
}

TEST_F(Losses, ARouteGroupIsNotServedByAnother) {
    const auto found = of({candidate("m", "default", other_), candidate("m", "vip", alone_)});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_TRUE(found[0].served);
    EXPECT_EQ(found[0].for_group("vip"), Outcome::lost);
    EXPECT_EQ(found[0].for_group("default"), Outcome::untouched);
    EXPECT_EQ(found[0].for_group("unknown"), Outcome::untouched);
}

TEST_F(Losses, WhatDoesNotServeNowLosesNothing) {
    Candidate suspended = candidate("a", "default", alone_);
    suspended.binding.status = "suspended";
    Candidate unresolved = candidate("b", "default", alone_);
    unresolved.error = kConfigError;
    EXPECT_TRUE(of({suspended, unresolved, candidate("c", "default", other_)}).empty());
    EXPECT_TRUE(of({candidate("m", "default", alone_)}, {"ns"}).empty());
}

/// Random losses and token classes over few names, so that they overlap.
class AudienceTest : public ::testing::Test {
protected:
    std::string pick(const std::vector<std::string>& from) { return from[random_() % from.size()]; }

    std::vector<std::string> some(const std::vector<std::string>& from, unsigned most) {
        std::vector<std::string> out;
        for (size_t i = random_() % (most + 1); i > 0; --i) {
            std::string item = pick(from);
            if (std::find(out.begin(), out.end(), item) == out.end()) out.push_back(item);
        }
        return out;
    }

    std::vector<Loss> random_losses() {
        std::vector<Loss> out;
        for (const std::string& space : kSpaces) {
            for (const std::string& model : kModels) {
                if (random_() % 4 == 0) continue;
                Loss loss;
                loss.space = space;
                loss.public_model = model;
                for (const std::string& group : some(kGroups, 3)) {
                    loss.route_groups.insert(group);
                    if (random_() % 2 == 0) {
                        loss.lost.insert(group);
                    } else if (random_() % 2 == 0) {
                        loss.reduced.insert(group);
                    }
                }
                out.push_back(std::move(loss));
            }
        }
        return out;
    }

    KeyClass random_class() {
        std::vector<std::string> names = kModels;
        for (const std::string& space : kSpaces) names.push_back(space + "." + pick(kModels));
        KeyClass out;
        out.tokens = 1 + static_cast<std::int64_t>(random_() % 100);
        out.group = random_() % 3 == 0 ? "unknown" : pick(kGroups);
        out.namespaces = some(kSpaces, 2);
        if (random_() % 2 == 0) out.models = some(names, 4);
        if (random_() % 2 == 0) out.models_denied = some(names, 3);
        return out;
    }

    static bool may(const KeyClass& tokens, const Loss& loss) {
        const auto holds = [](const std::vector<std::string>& list, const std::string& item) {
            return std::find(list.begin(), list.end(), item) != list.end();
        };
        const auto names = [&](const std::vector<std::string>& list) {
            return holds(list, loss.public_model) || holds(list, loss.name());
        };
        return (tokens.namespaces.empty() || holds(tokens.namespaces, loss.space)) &&
               (tokens.models.empty() || names(tokens.models)) && !names(tokens.models_denied);
    }

    const std::vector<std::string> kSpaces{"one", "two", "three"};
    const std::vector<std::string> kModels{"a", "b", "c", "d"};
    const std::vector<std::string> kGroups{"default", "vip", "batch"};
    std::mt19937 random_{20};
};

TEST_F(AudienceTest, CountsAsIfEachTokenWereAskedAboutEachModel) {
    for (int turn = 0; turn < 200; ++turn) {
        const std::vector<Loss> all = random_losses();
        Audience audience(all);
        std::vector<TokenCounts> expected(all.size());
        TokenCounts expected_all;
        for (int i = 0; i < 30; ++i) {
            const KeyClass tokens = random_class();
            audience.add(tokens);
            bool loses = false;
            bool keeps_less = false;
            for (size_t at = 0; at < all.size(); ++at) {
                if (!may(tokens, all[at])) continue;
                const Outcome outcome = all[at].for_group(tokens.group);
                if (outcome == Outcome::lost) expected[at].lost += tokens.tokens;
                if (outcome == Outcome::reduced) expected[at].reduced += tokens.tokens;
                loses = loses || outcome == Outcome::lost;
                keeps_less = keeps_less || outcome == Outcome::reduced;
            }
            if (loses) expected_all.lost += tokens.tokens;
            if (!loses && keeps_less) expected_all.reduced += tokens.tokens;
        }
        const std::vector<TokenCounts> counted = audience.by_model();
        for (size_t at = 0; at < all.size(); ++at) {
            ASSERT_EQ(counted[at].lost, expected[at].lost) << turn << " " << all[at].name();
            ASSERT_EQ(counted[at].reduced, expected[at].reduced) << turn << " " << all[at].name();
        }
        ASSERT_EQ(audience.all().lost, expected_all.lost) << turn;
        ASSERT_EQ(audience.all().reduced, expected_all.reduced) << turn;
    }
}

}  // namespace
}  // namespace ezapi::bindings
