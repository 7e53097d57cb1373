#include "registry_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/error.hpp"

namespace ezapi::models {
namespace {

using ::testing::ElementsAre;

RegistryModel model(const std::string& name, std::int64_t window = 1) {
    RegistryModel out;
    out.name = name;
    out.kind = "chat";
    out.context_window = window;
    return out;
}

RegistryDocument document(std::vector<RegistryModel> models) {
    RegistryDocument out;
    out.models = std::move(models);
    return out;
}

StoredModels stored(const std::vector<StoredModel>& models) {
    StoredModels out;
    for (const StoredModel& each : models) out[each.model.name] = each;
    return out;
}

std::vector<std::string> names(const std::vector<const RegistryModel*>& models) {
    std::vector<std::string> out;
    for (const RegistryModel* each : models) out.push_back(each->name);
    return out;
}

TEST(RegistryPlan, WritesOnlyWhatDiffers) {
    RegistryDocument next = document({model("p.changed", 2), model("p.new"), model("p.same")});
    const RegistryPlan plan = plan_refresh(
        next,
        stored({{model("a.gone")}, {model("p.changed")}, {model("p.same")}, {model("z.gone")}}));
    EXPECT_THAT(names(plan.created), ElementsAre("p.new"));
    EXPECT_THAT(names(plan.updated), ElementsAre("p.changed"));
    EXPECT_THAT(plan.removed, ElementsAre("a.gone", "z.gone"));
    EXPECT_EQ(plan.unchanged, 1U);
    EXPECT_EQ(plan.registry_rows, 4U);
}

TEST(RegistryPlan, LeavesManualModelsAlone) {
    RegistryDocument next = document({model("p.mine", 2)});
    const RegistryPlan plan =
        plan_refresh(next, stored({{model("p.mine"), true}, {model("q.mine"), true}}));
    EXPECT_TRUE(plan.created.empty());
    EXPECT_TRUE(plan.updated.empty());
    EXPECT_TRUE(plan.removed.empty());
    EXPECT_EQ(plan.manual, 1U);
    EXPECT_EQ(plan.registry_rows, 0U);
}

TEST(RegistryPlan, RemovesNothingThatCouldNotBeRead) {
    RegistryDocument next = document({model("p.here")});
    next.unread_models = {"p.unread"};
    next.unread_providers = {"q."};
    const RegistryPlan plan = plan_refresh(next,
                                           stored({{model("p.gone")},
                                                   {model("p.here")},
                                                   {model("p.unread")},
                                                   {model("q.any")},
                                                   {model("q1.gone")}}));
    EXPECT_THAT(plan.removed, ElementsAre("p.gone", "q1.gone"));
    EXPECT_EQ(plan.kept, 2U);
    EXPECT_EQ(plan.unchanged, 1U);
}

TEST(RegistryPlan, KeepsMembersThatCouldNotBeRead) {
    RegistryModel partly = model("p.m", 5);
    partly.unread = kContextWindow;
    RegistryDocument next = document({partly});
    EXPECT_EQ(plan_refresh(next, stored({{model("p.m", 7)}})).unchanged, 1U);
    partly.cost_per_token = "1";
    next = document({partly});
    const RegistryPlan plan = plan_refresh(next, stored({{model("p.m", 7)}}));
    ASSERT_THAT(names(plan.updated), ElementsAre("p.m"));
    EXPECT_EQ(plan.updated[0]->context_window, 7);
}

TEST(RegistryPlan, RefusesToRemoveMoreThanHalf) {
    const StoredModels four =
        stored({{model("p.1")}, {model("p.2")}, {model("p.3")}, {model("p.4")}});
    RegistryDocument half = document({model("p.1"), model("p.2")});
    EXPECT_NO_THROW(refuse_mass_removal(plan_refresh(half, four)));
    RegistryDocument quarter = document({model("p.1"), model("q.1"), model("q.2")});
    EXPECT_THROW(refuse_mass_removal(plan_refresh(quarter, four)), Error);
    EXPECT_NO_THROW(refuse_mass_removal(plan_refresh(quarter, {})));
}

}  // namespace
}  // namespace ezapi::models
