#include "snapshot.hpp"

#include <gtest/gtest.h>

#include "ezapi/json.hpp"

namespace ezapi::bindings {
namespace {

class Snapshot : public ::testing::Test {
protected:
    Candidate candidate(std::int64_t id, std::string_view error = {}) {
        Candidate out;
        out.binding = {id,
                       "ns.a/b.c",
                       "ns",
                       "a/b.c",
                       7,
                       "default",
                       100,
                       "exact",
                       "up\"stream",
                       "active",
                       1000 + id};
        out.group = &group_;
        out.error = error;
        if (error.empty()) out.model = "up\"stream";
        return out;
    }

    static Json render(const std::vector<Candidate>& candidates, bool namespace_suspended = false) {
        return Json::parse(snapshot_json(candidates, namespace_suspended));
    }

    Group group_{3, "active", ModelIndex({"up\"stream"}), {5, 42}};
};

TEST_F(Snapshot, MapsEveryUsableKeyToTheModel) {
    const Json snapshot = render({candidate(1)});

    EXPECT_EQ(snapshot, Json::parse(R"({"namespace":"ns","public_model":"a/b.c","status":"active",
        "updated_at":1001,"candidates":[{"group_id":7,"route_group":"default","weight":100,
        "selector_type":"exact","selector_value":"up\"stream","status":"active",
        "upstreams":{"5":"up\"stream","42":"up\"stream"}}]})"));
}

TEST_F(Snapshot, KeepsACandidateThatCannotServeWithItsReason) {
    const Json snapshot = render({candidate(1, kConfigError), candidate(2, kNoProvider)});

    EXPECT_EQ(snapshot["candidates"][0]["error"], "config_error");
    EXPECT_EQ(snapshot["candidates"][0]["upstreams"], Json::object());
    EXPECT_EQ(snapshot["candidates"][1]["error"], "no_provider");
    EXPECT_EQ(snapshot["status"], "active");
}

TEST_F(Snapshot, LeavesOutAWeightOfZero) {
    Candidate unweighted = candidate(1);
    unweighted.binding.weight = 0;
    EXPECT_FALSE(render({unweighted})["candidates"][0].contains("weight"));
}

TEST_F(Snapshot, IsAsNewAsItsLatestBinding) {
    EXPECT_EQ(render({candidate(1), candidate(9), candidate(3)})["updated_at"], 1009);
}

TEST_F(Snapshot, IsSuspendedWithItsNamespaceOrAllOfItsBindings) {
    Candidate suspended = candidate(1);
    suspended.binding.status = "suspended";

    EXPECT_EQ(render({suspended, candidate(2)})["status"], "active");
    EXPECT_EQ(render({suspended, candidate(2)})["candidates"][0]["status"], "suspended");
    EXPECT_EQ(render({suspended})["status"], "suspended");
    EXPECT_EQ(render({candidate(1)}, true)["status"], "suspended");
    EXPECT_EQ(render({candidate(1)}, true)["candidates"][0]["status"], "active");
}

}  // namespace
}  // namespace ezapi::bindings
