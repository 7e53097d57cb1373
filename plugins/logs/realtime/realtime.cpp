#include "realtime/realtime.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "ezapi/base/numbers.hpp"

namespace ezapi::logs {
namespace {

/// The rate is averaged over this many complete seconds.
constexpr std::int64_t kSeconds = 5;
/// Per second; a larger value is not plausible and is ignored.
constexpr std::int64_t kMostRequests = 1'000'000'000'000;

constexpr std::array<const char*, 4> kCounters{"requests", "tokens_in", "tokens_out", "errors"};

Json figures_schema() {
    Json last_at = time_schema();
    last_at["nullable"] = true;
    return object_schema({{"requests", integer_schema()},
                          {"tokens_in", integer_schema()},
                          {"tokens_out", integer_schema()},
                          {"errors", integer_schema()},
                          {"qps", {{"type", "number"}}},
                          {"last_at", std::move(last_at)}});
}

Operation operation(std::string_view summary) {
    return Operation(summary)
        .tag("logs")
        .describe(
            "As the data plane counts in Redis: `qps` is the average over the last five "
            "complete seconds. Zeros, and null for last_at, before the first request.")
        .returns(200, "RealtimeFigures")
        .schema("RealtimeFigures", figures_schema());
}

/// Tolerant, because the data plane writes these keys: a value that is absent or not a number
/// counts as none.
std::optional<std::int64_t> number(const Reply& reply) {
    return parse_integer(reply.string_or_nil());
}

std::int64_t sum(const Reply& seconds) {
    std::int64_t out = 0;
    for (size_t i = 0; i < seconds.array(kSeconds).size(); ++i) {
        const std::int64_t requests = number(seconds[i]).value_or(0);
        out += std::clamp<std::int64_t>(requests, 0, kMostRequests);
    }
    return out;
}

/// The latest time that an answer can contain: the end of the year 9999.
constexpr std::int64_t kLastSecond = 253402300799;

/// Reads the replies for the counters and for the seconds.
Json figures_in(const Reply& replies) {
    const Reply totals = replies[0];
    (void)totals.array(kCounters.size() + 1);
    Json out = Json::object();
    for (size_t i = 0; i < kCounters.size(); ++i) out[kCounters[i]] = number(totals[i]).value_or(0);
    out["qps"] = static_cast<double>(sum(replies[1])) / static_cast<double>(kSeconds);
    const auto last_at = number(totals[kCounters.size()]);
    const bool is_moment = last_at && *last_at >= 0 && *last_at <= kLastSecond;
    out["last_at"] =
        is_moment ? Json(format_time(Timestamp(std::chrono::seconds(*last_at)))) : Json();
    return out;
}

}  // namespace

Realtime::Realtime(const Host& host, std::function<Timestamp()> clock)
    : db_(host.db()),
      redis_(host.redis()),
      log_(host.log()),
      masters_(host),
      clock_(std::move(clock)) {}

void Realtime::serve(Host& host) {
    host.get("/admin/masters/{id}/realtime",
             Access::admin,
             operation("Tells what a master's traffic is now").path("id", integer_schema()),
             [this](const Request& request) {
                 require_master(request.id());
                 return figures(request.id());
             });
    host.get("/v1/realtime",
             Access::master,
             operation("Tells what the caller's traffic is now"),
             [this](const Request& request) { return figures(request.identity().id); });
}

void Realtime::require_master(std::int64_t id) const {
    if (!masters_) return;
    Tx tx = db_.begin({.read_only = true});
    static_cast<void>(masters_.one(tx, id));
}

Response Realtime::figures(std::int64_t master_id) const {
    const std::string key = "rt:master:" + std::to_string(master_id);
    Words counters{"HMGET", key};
    counters.insert(counters.end(), kCounters.begin(), kCounters.end());
    counters.emplace_back("last_at");
    Words seconds{"MGET"};
    const std::int64_t current = unix_seconds(clock_());
    for (std::int64_t back = 1; back <= kSeconds; ++back)
        seconds.push_back(key + ":" + std::to_string(current - back));
    const std::array<Words, 2> commands{std::move(counters), std::move(seconds)};
    try {
        return Response::json(figures_in(redis_.pipeline(commands)));
    } catch (const Error& error) {
        if (error.code() != "redis_refused") throw;
        // The details of a Redis error are only for operators; tenants read this answer, too.
        log_.warn("realtime counters of master " + std::to_string(master_id) + ": " + error.what());
        throw Error(EZ_UNAVAILABLE, "the realtime counters cannot be read at the moment")
            .with_code("redis_refused");
    }
}

}  // namespace ezapi::logs
