// The series of the nodes: those that are gone lose theirs, and new ones get one.
#include "metrics.hpp"

#include <gtest/gtest.h>

#include "ezapi/fake_host.hpp"
#include "ezapi/plugin.hpp"

namespace ezapi::sync {
namespace {

std::string series_of(const std::string& node) {
    return "ezapi_sync_node_staleness_seconds{node=\"" + node + "\"}";
}

TEST(SyncMetrics, HaveASeriesForEachNodeThatReportsItself) {
    FakeHost host;
    SyncMetrics metrics{Metrics(host.abi())};
    // Nodes come and go, far more of them than are shown at once.
    for (int round = 0; round < 50; ++round) {
        std::map<std::string, double> nodes;
        for (int i = 0; i < 60; ++i) nodes.emplace("node-" + std::to_string(round * 60 + i), round);
        metrics.staleness(nodes);
        for (const auto& [node, seconds] : nodes) {
            ASSERT_TRUE(host.metrics.contains(series_of(node))) << node;
            ASSERT_EQ(host.metrics.value(series_of(node)), seconds);
        }
        if (round > 0) {
            EXPECT_FALSE(
                host.metrics.contains(series_of("node-" + std::to_string(round * 60 - 1))));
        }
    }
    metrics.staleness({});
    EXPECT_FALSE(host.metrics.contains(series_of("node-2999")));
    EXPECT_EQ(host.metrics.value("ezapi_sync_nodes"), 0);
}

TEST(SyncMetrics, ShowABoundedNumberOfNodesAndCountAll) {
    FakeHost host;
    {
        SyncMetrics metrics{Metrics(host.abi())};
        std::map<std::string, double> nodes;
        for (int i = 0; i < 500; ++i) nodes.emplace("node-" + std::to_string(1000 + i), i);
        metrics.staleness(nodes);
        int shown = 0;
        for (const auto& [node, seconds] : nodes)
            shown += host.metrics.contains(series_of(node)) ? 1 : 0;
        EXPECT_EQ(shown, 100);
        EXPECT_EQ(host.metrics.value("ezapi_sync_nodes"), 500);
        EXPECT_EQ(host.metrics.value("ezapi_sync_stalest_node_seconds"), 499);
    }
    EXPECT_FALSE(host.metrics.contains(series_of("node-1000"))) << "given back at the stop";
}

}  // namespace
}  // namespace ezapi::sync
