#include "query/reports.hpp"

#include <algorithm>
#include <utility>

#include "ezapi/query.hpp"
#include "query/range_query.hpp"

namespace ezapi::logs {
namespace {

constexpr std::size_t kUsualGroups = 100;
constexpr std::size_t kMostGroups = 1000;
constexpr std::size_t kTop = 10;
constexpr std::chrono::hours kRecent{24};
constexpr std::chrono::days kMostHours{100};
constexpr std::chrono::days kMostDays{3660};

constexpr const char* kGroupsText =
    " `data` lists times in their order, everything else by requests, the most first: as many "
    "groups as "
    "`limit` says (of times all). `groups` tells how many there are, `total` covers all of them. "
    "By "
    "hour a range may have 100 days, by day 3,660. A group may be named as the field of records, "
    "too: master_id, key_id, provider_id, provider_group_id, status_code. By provider, records "
    "that carry only a provider_group_id are under null; provider_group tells them apart.";

/// The parameter, from 1 to `most`; `usual` is the default.
std::int64_t integer_or(const Request& request,
                        std::string_view name,
                        std::int64_t usual,
                        std::int64_t most) {
    const auto text = request.query(name);
    return text ? query_integer(name, *text, 1, most) : usual;
}

std::string grouping_names() {
    std::string out;
    for (const Grouping& each : groupings())
        out += (out.empty() ? "" : ", ") + std::string(each.name);
    return out;
}

const Grouping& read_grouping(const Request& request) {
    const std::string_view name = request.query("group_by").value_or("model");
    for (const Grouping& each : groupings()) {
        if (each.name == name || each.field == name) return each;
    }
    throw unexpected_query("group_by", "one of " + grouping_names(), name);
}

void check_length(const Grouping& grouping, const TimeSpan& range) {
    if (!grouping.by_time()) return;
    const auto most = grouping.name == "hour" ? kMostHours : kMostDays;
    const auto length = std::chrono::ceil<std::chrono::days>(range.to - range.from);
    if (range.to - range.from > most)
        throw bad_query("from",
                        "by " + std::string(grouping.name) + " a range may have " +
                            std::to_string(most.count()) + " days, found " +
                            std::to_string(length.count()));
}

void append_range(std::string& out, const TimeSpan& range) {
    out += "\"from\":\"" + format_time(range.from) + "\",\"to\":\"" + format_time(range.to) + "\"";
}

void append_groups(std::string& out,
                   std::string_view name,
                   const Grouping& grouping,
                   const std::vector<Group>& groups) {
    out += ",\"" + std::string(name) + "\":[";
    for (const Group& group : groups) {
        if (&group != groups.data()) out.push_back(',');
        out.push_back('{');
        grouping.append_group(out, group.value);
        out.push_back(',');
        group.figures.append_members(out);
        out.push_back('}');
    }
    out.push_back(']');
}

void append_total(std::string& out, const Aggregate& total) {
    out += ",\"total\":{";
    total.append_members(out);
    out.push_back('}');
}

Json group_schema() {
    Json id = integer_schema();
    id["nullable"] = true;
    Json properties = figures_properties();
    properties.update({{"model", text_schema()},
                       {"master", id},
                       {"key", id},
                       {"provider", id},
                       {"provider_group", id},
                       {"namespace", text_schema()},
                       {"status", {{"type", "string"}, {"description", "Class, such as 2xx"}}},
                       {"hour", time_schema()},
                       {"day", time_schema()}});
    return object_schema(std::move(properties),
                         {"model",
                          "master",
                          "key",
                          "provider",
                          "provider_group",
                          "namespace",
                          "status",
                          "hour",
                          "day"});
}

Operation statistics_operation(std::string_view summary) {
    Json names = Json::array();
    for (const Grouping& each : groupings()) names.push_back(each.name);
    const Json groups = array_schema(schema_ref("LogGroup"));
    return with_range(
               Operation(summary).tag("logs").describe(std::string(kRangeText) + kGroupsText))
        .query("group_by", {{"type", "string"}, {"enum", names}, {"default", "model"}})
        .query("limit",
               {{"type", "integer"},
                {"minimum", 1},
                {"maximum", kMostGroups},
                {"default", kUsualGroups}},
               "Groups in data")
        .returns(200, "LogStatistics")
        .schema("LogGroup", group_schema())
        .schema("LogFigures", object_schema(figures_properties()))
        .schema("LogStatistics",
                object_schema({{"from", time_schema()},
                               {"to", time_schema()},
                               {"group_by", {{"type", "string"}, {"enum", names}}},
                               {"data", groups},
                               {"groups", integer_schema()},
                               {"total", schema_ref("LogFigures")}}));
}

Operation overview_operation(std::string_view summary) {
    const Json groups = array_schema(schema_ref("LogGroup"));
    return with_range(Operation(summary).tag("logs").describe(
                          std::string(kRangeText) +
                          " by_hour covers the last 24 hours of the range; the ten with "
                          "the most requests are the top."))
        .returns(200, "LogOverview")
        .schema("LogGroup", group_schema())
        .schema("LogFigures", object_schema(figures_properties()))
        .schema("LogOverview",
                object_schema({{"from", time_schema()},
                               {"to", time_schema()},
                               {"total", schema_ref("LogFigures")},
                               {"by_day", groups},
                               {"by_hour", groups},
                               {"top_masters", groups},
                               {"top_keys", groups},
                               {"top_models", groups},
                               {"top_providers", groups}},
                              {"top_masters", "top_keys"}));
}

Json master_parameter() {
    Json out = integer_schema();
    out["minimum"] = 1;
    return out;
}

}  // namespace

Reports::Reports(Db db, std::chrono::milliseconds time_limit, std::function<Timestamp()> clock)
    : db_(std::move(db)), time_limit_(time_limit), clock_(std::move(clock)) {}

void Reports::serve(Host& host) const {
    const auto named_master = [](const Request& request) {
        return integer_or(request, "master_id", 0, std::numeric_limits<std::int64_t>::max());
    };
    host.get("/admin/logs/stats",
             Access::admin,
             statistics_operation("Adds up requests by groups")
                 .query("master_id", master_parameter(), "Only requests of this master"),
             [this, named_master](const Request& request) {
                 return grouped(request, named_master(request));
             });
    host.get("/admin/stats",
             Access::admin,
             overview_operation("Shows what requests add up to")
                 .query("master_id", master_parameter(), "Only requests of this master"),
             [this, named_master](const Request& request) {
                 return overview(request, named_master(request));
             });
    host.get("/v1/logs/stats",
             Access::master,
             statistics_operation("Adds up the caller's requests by groups"),
             [this](const Request& request) { return grouped(request, request.identity().id); });
    host.get("/v1/stats",
             Access::master,
             overview_operation("Shows what the caller's requests add up to"),
             [this](const Request& request) { return overview(request, request.identity().id); });
}

/// One snapshot, so that summaries, hours and records are consistent.
Tx Reports::begin() const {
    return db_.begin(
        {.isolation = EZ_REPEATABLE_READ, .read_only = true, .statement_timeout = time_limit_});
}

Response Reports::grouped(const Request& request, std::int64_t master_id) const {
    const Grouping& by = read_grouping(request);
    const TimeSpan range = read_range(request, clock_());
    check_length(by, range);
    const auto most =
        static_cast<std::size_t>(integer_or(request, "limit", kUsualGroups, kMostGroups));
    Tx tx = begin();
    const Groups groups = Statistics(tx, range, master_id).by(by, most);

    std::string body = "{";
    append_range(body, range);
    body += ",\"group_by\":\"" + std::string(by.name) + "\"";
    append_groups(body, "data", by, groups.listed);
    body += ",\"groups\":" + std::to_string(groups.count);
    append_total(body, groups.total);
    body.push_back('}');
    return Response::json_text(std::move(body));
}

Response Reports::overview(const Request& request, std::int64_t master_id) const {
    const TimeSpan range = read_range(request, clock_());
    check_length(grouping("day"), range);
    Tx tx = begin();
    Statistics whole(tx, range, master_id);
    const TimeSpan recent{std::max(range.from, range.to - kRecent), range.to};
    const Groups days = whole.by(grouping("day"), kMostGroups);

    std::string body = "{";
    append_range(body, range);
    append_total(body, days.total);
    append_groups(body, "by_day", grouping("day"), days.listed);
    const Grouping& hour = grouping("hour");
    append_groups(
        body, "by_hour", hour, Statistics(tx, recent, master_id).by(hour, kMostGroups).listed);
    const auto append_top = [&](std::string_view name, std::string_view by) {
        append_groups(body, name, grouping(by), whole.by(grouping(by), kTop).listed);
    };
    master_id == 0 ? append_top("top_masters", "master") : append_top("top_keys", "key");
    append_top("top_models", "model");
    append_top("top_providers", "provider");
    body.push_back('}');
    return Response::json_text(std::move(body));
}

}  // namespace ezapi::logs
