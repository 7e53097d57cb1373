#include "host/modules/order.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace ezapi::host::modules {
namespace {

using Graph = std::map<std::string, std::set<std::string>>;  // name -> what it waits for

Graph graph_of(std::span<const Node> nodes) {
    Graph graph;
    for (const Node& node : nodes) graph[node.name];
    for (const Node& node : nodes) {
        for (const std::string& name : node.before_me) {
            if (graph.contains(name)) graph[node.name].insert(name);
        }
    }
    return graph;
}

/// Repeatedly removes the first node without dependencies.
std::vector<std::string> peel(Graph& graph) {
    std::vector<std::string> names;
    while (true) {
        const auto free = std::find_if(
            graph.begin(), graph.end(), [](const auto& node) { return node.second.empty(); });
        if (free == graph.end()) return names;
        names.push_back(free->first);
        graph.erase(free);
        for (auto& [name, waits] : graph) waits.erase(names.back());
    }
}

/// Follows the first dependency of each node from `start` until a node repeats. Every remaining
/// node depends on another remaining one, so this ends in a cycle.
std::vector<std::string> walk(const Graph& graph, const std::string& start) {
    std::vector<std::string> path;
    std::string name = start;
    while (true) {
        const auto seen = std::find(path.begin(), path.end(), name);
        if (seen != path.end()) {
            std::vector<std::string> cycle(seen, path.end());
            std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
            return cycle;
        }
        path.push_back(name);
        name = *graph.at(name).begin();
    }
}

}  // namespace

Order start_order(std::span<const Node> nodes) {
    Graph graph = graph_of(nodes);
    Order order;
    order.names = peel(graph);
    std::set<std::vector<std::string>> cycles;
    for (const auto& [name, waits] : graph) cycles.insert(walk(graph, name));
    order.cycles.assign(cycles.begin(), cycles.end());
    return order;
}

std::string cycle_text(const std::vector<std::string>& cycle) {
    std::string out;
    for (const std::string& name : cycle) out += name + " -> ";
    return out + cycle.front();
}

}  // namespace ezapi::host::modules
