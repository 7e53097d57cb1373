#include "flag.hpp"

#include <gtest/gtest.h>

#include "ezapi/fake_host.hpp"
#include "projection.hpp"

namespace ezapi::features {
namespace {

TEST(FlagName, IsAWordThatMayHaveDotsAndDashes) {
    for (const char* good : {"a", "Beta.2", "new-router_v3", "0"}) EXPECT_EQ(name_fault(good), "");
    for (const char* bad : {"", ".a", "-a", "_a", "a/b", "a b", "é"})
        EXPECT_NE(name_fault(bad), "") << bad;
    EXPECT_EQ(name_fault(std::string(128, 'a')), "");
    EXPECT_NE(name_fault(std::string(129, 'a')), "");
}

struct Projecting {
    explicit Projecting(Host& host) { host.project(projection()); }
};

TEST(Flag, IsProjectedAsJson) {
    FakeHost host;
    host.db.answer = [](const fake::Statement&) {
        return fake::Answer{.rows = {{"beta", "t", R"({"share": 0.1})", "a \"b\"", "1767323045"},
                                     {"none", "f", std::nullopt, "", "7"},
                                     {"big", "t", "12345678901234567890123", "", "7"}}};
    };
    host.start<Projecting>();

    const auto rendered = host.changes.render("meta:features", {"beta", "none", "big", "gone"});

    EXPECT_EQ(Json::parse(rendered.at("beta")->value),
              Json::parse(R"({"name":"beta","enabled":true,"value":{"share":0.1},
                              "description":"a \"b\"","updated_at":1767323045})"));
    EXPECT_EQ(Json::parse(rendered.at("none")->value)["value"], nullptr);
    EXPECT_EQ(Json::parse(rendered.at("none")->value)["enabled"], false);
    EXPECT_NE(rendered.at("big")->value.find("12345678901234567890123"), std::string::npos);
    EXPECT_FALSE(rendered.at("gone").has_value());
}

TEST(Flag, IsEnabledUnlessToldOtherwise) {
    const ResourceSpec spec = flag_spec();
    Draft draft;
    Resource(spec).read(draft, {{"name", "beta"}, {"value", nullptr}}, BodyMode::create);
    EXPECT_TRUE(draft.faults.empty());
    EXPECT_EQ(draft.after["enabled"], true);
    EXPECT_EQ(draft.after["value"], nullptr);
}

}  // namespace
}  // namespace ezapi::features
