#include "nodes/node_reports.hpp"

#include <chrono>

#include "ezapi/openapi.hpp"
#include "ezapi/time.hpp"

namespace ezapi::sync {
namespace {

Json nullable(Json schema) {
    schema["nullable"] = true;
    return schema;
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json rejections_json(const Node& node) {
    Json out = Json::array();
    for (const Rejection& rejection : node.rejections) {
        out.push_back(
            {{"resource", rejection.resource},
             {"key", rejection.key},
             {"revision", rejection.revision == 0 ? Json(nullptr) : Json(rejection.revision)},
             {"reason", text_or_null(rejection.reason)}});
    }
    return out;
}

Json time_of(const Node& node) {
    if (!node.updated_at) return nullptr;
    return format_time(Timestamp(std::chrono::seconds(*node.updated_at)));
}

}  // namespace

std::vector<NodeReport> NodeReports::read(Nodes::Clock::duration tolerated) {
    const std::int64_t published = state_.read().published_revision;
    std::vector<Node> nodes = nodes_.read(tolerated);
    const std::lock_guard lock(mutex_);
    const auto now = Staleness::Clock::now();
    staleness_.published(published, now);
    std::vector<NodeReport> out;
    for (Node& node : nodes) {
        const std::chrono::duration<double> stale = staleness_.of(node.applied_revision, now);
        const bool current = node.applied_revision >= published;
        out.push_back({std::move(node), current, stale.count()});
    }
    return out;
}

Json NodeReports::json(const std::vector<NodeReport>& reports) {
    Json out = Json::array();
    for (const auto& [node, current, stale_seconds] : reports) {
        out.push_back({{"node", node.id},
                       {"build", text_or_null(node.build)},
                       {"state",
                        node.rejected > 0 ? "rejecting"
                        : current         ? "current"
                                          : "behind"},
                       {"applied_revision", node.applied_revision},
                       {"digest", text_or_null(node.digest)},
                       {"rejected", node.rejected},
                       {"rejections", rejections_json(node)},
                       {"updated_at", time_of(node)},
                       {"age_seconds", node.age_seconds},
                       {"stale_seconds", stale_seconds}});
    }
    return out;
}

Json NodeReports::schema() {
    const Json number{{"type", "number"}};
    return array_schema(object_schema(
        {{"node", text_schema()},
         {"build", nullable(text_schema())},
         {"state", {{"type", "string"}, {"enum", {"current", "behind", "rejecting"}}}},
         {"applied_revision", integer_schema()},
         {"digest", nullable(text_schema())},
         {"rejected", integer_schema()},
         {"rejections",
          array_schema(object_schema({{"resource", text_schema()},
                                      {"key", text_schema()},
                                      {"revision", nullable(integer_schema())},
                                      {"reason", nullable(text_schema())}}))},
         {"updated_at", nullable(time_schema())},
         {"age_seconds", number},
         {"stale_seconds", number}}));
}

}  // namespace ezapi::sync
