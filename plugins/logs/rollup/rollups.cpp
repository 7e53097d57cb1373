#include "rollup/rollups.hpp"

#include <chrono>
#include <string>

#include "ezapi/json.hpp"
#include "ezapi/range.hpp"
#include "ezapi/text.hpp"
#include "ezapi/time.hpp"

namespace ezapi::logs {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kPeriod = 30s;
constexpr std::chrono::seconds kPatience = 10s;  // how long a client is kept waiting

Timestamp time_of(const Json& body, const char* field, RangeEnd end, Faults& faults) {
    const auto member = body.find(field);
    if (member == body.end()) {
        faults.add(field, "required", "is required");
        return {};
    }
    const auto time = read_time(*member, end);
    if (!time)
        faults.add(
            field,
            "format",
            std::string("expected ") + kTimeForms + ", found " + shortened(dump_json(*member)));
    return time.value_or(Timestamp());
}

Json shown(const Rebuild::Outcome& outcome) {
    Json differed = Json::array();
    for (const Rebuild::Difference& difference : outcome.differed) {
        differed.push_back({{"hour", format_time(difference.hour)},
                            {"combinations", difference.combinations},
                            {"requests_before", difference.requests_before},
                            {"requests_after", difference.requests_after}});
    }
    return {{"hours", outcome.hours},
            {"skipped", outcome.skipped},
            {"differed", std::move(differed)},
            {"summaries_differed", outcome.summaries},
            {"next_from", outcome.next ? Json(format_time(*outcome.next)) : Json()}};
}

Operation rebuild_operation() {
    Json next = time_schema();
    next["nullable"] = true;
    return Operation("Recomputes the statistics of request records from the records")
        .tag("logs")
        .describe(
            "Hour by hour, for some seconds or until one cannot be recomputed: where next_from "
            "tells a time, send it again from there. Hours of which records were deleted are "
            "skipped. summaries_differed counts hours and days whose sums differed; they are "
            "summed up anew.")
        .body(object_schema({{"from", time_schema()}, {"to", time_schema()}}))
        .schema("RollupDifference",
                object_schema({{"hour", time_schema()},
                               {"combinations", integer_schema()},
                               {"requests_before", integer_schema()},
                               {"requests_after", integer_schema()}}))
        .returns(200,
                 object_schema({{"hours", integer_schema()},
                                {"skipped", integer_schema()},
                                {"differed", array_schema(schema_ref("RollupDifference"))},
                                {"summaries_differed", integer_schema()},
                                {"next_from", std::move(next)}}));
}

}  // namespace

Rollups::Rollups(Host& host)
    : main_(host.db()),
      folding_(host.db("logs")),
      summaries_(host.db("logs")),
      rebuild_(host.db("logs")) {
    host.every("log-rollups", kPeriod, Scope::cluster, [this](const Run& run) {
        const auto stopping = [&run] { return run.stopping(); };
        folding_.run(now(), stopping);
        summaries_.run(now(), stopping);
    });
    host.route("POST",
               "/admin/logs/rollups/rebuild",
               Access::admin,
               rebuild_operation(),
               [this](const Request& request) { return rebuild(request); });
}

Response Rollups::rebuild(const Request& request) const {
    const Json body = request.object();
    Faults faults;
    const Timestamp from = time_of(body, "from", RangeEnd::first, faults);
    const Timestamp to = time_of(body, "to", RangeEnd::behind, faults);
    if (faults.empty() && from >= to)
        faults.add("to", "range", "expected a time after from, found " + format_time(to));
    for (const auto& [name, value] : body.items()) {
        if (name != "from" && name != "to")
            faults.add(name, "unknown", "no such field; known: from, to");
    }
    faults.raise();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    const Rebuild::Outcome outcome =
        rebuild_.run(from, to, [deadline] { return std::chrono::steady_clock::now() >= deadline; });
    const Json answer = shown(outcome);
    if (!outcome.differed.empty() || outcome.summaries > 0) {
        Tx tx = main_.begin();
        const std::string after = dump_json(answer);
        tx.changed({.resource = "request-log-rollups",
                    .id = format_time(from) + " to " + format_time(to),
                    .action = EZ_UPDATED,
                    .after = after});
        tx.commit();
    }
    return Response::json(answer);
}

}  // namespace ezapi::logs
