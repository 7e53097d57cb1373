// What nodes of the data plane say of themselves, and how long they lack what was published.
#include "nodes/nodes.hpp"

#include <gtest/gtest.h>

#include "backfill/throttle.hpp"
#include "ledger/fingerprints.hpp"
#include "nodes/staleness.hpp"

namespace ezapi::sync {
namespace {

using namespace std::chrono_literals;

TEST(Nodes, AreReadFromTheirReports) {
    const Node node = node_of("eu-1",
                              {{"node", "eu-1"},
                               {"build", "1.4"},
                               {"applied_revision", "120"},
                               {"digest", "120-00ff"},
                               {"rejected", R"([{"resource":"config:bindings","key":"a.b",
                                                 "revision":7,"reason":"no candidates"}])"},
                               {"updated_at", "1000"}},
                              1003.5);
    EXPECT_EQ(node.id, "eu-1");
    EXPECT_EQ(node.build, "1.4");
    EXPECT_EQ(node.applied_revision, 120);
    EXPECT_EQ(node.digest, "120-00ff");
    ASSERT_EQ(node.rejections.size(), 1U);
    EXPECT_EQ(node.rejections[0].key, "a.b");
    EXPECT_EQ(node.rejections[0].revision, 7);
    EXPECT_EQ(node.rejections[0].reason, "no candidates");
    EXPECT_DOUBLE_EQ(node.age_seconds, 3.5);
}

TEST(Nodes, MayReportNonsenseWithoutHarm) {
    const Node node = node_of("x",
                              {{"applied_revision", "many"},
                               {"rejected", "[1, {\"resource\": 3, \"revision\": \"x\"}"},
                               {"updated_at", ""}},
                              10);
    EXPECT_EQ(node.applied_revision, 0);
    EXPECT_EQ(node.rejected, 0);
    EXPECT_FALSE(node.updated_at.has_value());
    EXPECT_EQ(node_of("x", {{"rejected", "[1, {\"resource\": 3}]"}}, 10).rejections.size(), 1U);
    EXPECT_EQ(node_of("x", {{"rejected", "3"}}, 10).rejected, 3);
    EXPECT_EQ(node_of("x", {{"updated_at", "20"}}, 10).age_seconds, 0) << "clocks differ";
}

TEST(Nodes, HaveAppliedAChangeUpToTheirRevision) {
    Node node;
    node.applied_revision = 10;
    EXPECT_EQ(state_of(node, 10, {}).state, "applied");
    EXPECT_EQ(state_of(node, 11, {}).state, "pending");
}

TEST(Nodes, RejectAChangeWhenTheyRejectOneOfItsEntities) {
    Node node;
    node.applied_revision = 10;
    node.rejections = {{"config:bindings", "a.b", 7, "no candidates"}};
    const Entity entity{"config:bindings", "a.b"};
    EXPECT_EQ(state_of(node, 7, {{entity, 7}}).state, "rejected");
    EXPECT_EQ(state_of(node, 7, {{entity, 7}}).reason, "no candidates");
    EXPECT_EQ(state_of(node, 9, {{entity, 9}}).state, "applied") << "it was an older state";
    EXPECT_EQ(state_of(node, 7, {{{"config:bindings", "c"}, 7}}).state, "applied");
}

TEST(Staleness, CountsFromThePublicationOfTheFirstThingThatIsLacking) {
    const auto begin = Staleness::Clock::now();
    Staleness staleness;
    staleness.published(10, begin);
    staleness.published(20, begin + 5s);
    staleness.published(20, begin + 6s);
    staleness.published(30, begin + 7s);
    EXPECT_EQ(staleness.of(30, begin + 9s), 0s);
    EXPECT_EQ(staleness.of(20, begin + 9s), 2s);
    EXPECT_EQ(staleness.of(15, begin + 9s), 4s);
    EXPECT_EQ(staleness.of(0, begin + 9s), 9s);
}

TEST(Fingerprints, KnowWhatTheyWereToldUpToABound) {
    Fingerprints some(1000);
    for (int i = 0; i < 1000; ++i) some.add("id" + std::to_string(i));
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(some.knows("id" + std::to_string(i)));
    EXPECT_FALSE(some.knows("id1000"));
    some.add("one too many");
    EXPECT_FALSE(some.knows("id1")) << "what it does not know is asked of the database";
}

TEST(Throttle, RestsOnlyWhenTheOthersAreBusy) {
    Throttle pace;
    EXPECT_FALSE(pace.busy()) << "nothing is known yet";
    for (int i = 0; i < 20; ++i) pace.answered_within(100us);
    EXPECT_EQ(pace.rest_after(10ms), 0ms);
    for (int i = 0; i < 20; ++i) pace.answered_within(2ms);
    EXPECT_EQ(pace.rest_after(10ms), 90ms);
    pace.answered_within(100us);
    EXPECT_TRUE(pace.busy()) << "one quick answer says nothing";
    for (int i = 0; i < 9; ++i) pace.answered_within(110us);
    EXPECT_FALSE(pace.busy());
}

}  // namespace
}  // namespace ezapi::sync
