#include "compare/drift_check.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ezapi::sync {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kKeptKeys = 1000;

Json nullable(Json schema) {
    schema["nullable"] = true;
    return schema;
}

}  // namespace

Findings DriftCheck::run(Act act,
                         Speed speed,
                         const Reconciliation::Each& each,
                         const Reconciliation::Stopping& stopping) {
    const std::unique_lock lock(one_at_a_time_, std::try_to_lock);
    if (!lock.owns_lock())
        throw Error(EZ_CONFLICT, "a comparison is under way").with_code("in_progress");
    const auto begin = Clock::now();
    Json keys = Json::array();
    const Findings findings = compare(
        act,
        speed,
        [&](const Drift& drift) {
            if (each) each(drift);
            if (keys.size() == kKeptKeys) return;
            keys.push_back({{"kind", name_of(drift.kind)},
                            {"resource", drift.entity.resource},
                            {"key", drift.entity.key}});
        },
        stopping);
    keep(findings, keys, std::chrono::duration<double>(Clock::now() - begin).count());
    return findings;
}

Findings DriftCheck::compare(Act act,
                             Speed speed,
                             const Reconciliation::Each& each,
                             const Reconciliation::Stopping& stopping) const {
    if (act == Act::report || parts_.watch.is_filled())
        return parts_.reconciliation.run(act, speed, each, stopping);
    Findings findings = parts_.reconciliation.run(Act::report, speed, each, stopping);
    if (const std::string fault = parts_.watch.fill(stopping).fault(); !fault.empty())
        throw Error(EZ_UNAVAILABLE, "full push is not complete: " + fault);
    const Findings left = parts_.reconciliation.run(
        Act::repair, speed, [](const Drift&) {}, stopping);
    for (Findings::Resource& resource : findings.resources) {
        const auto after =
            std::find_if(left.resources.begin(), left.resources.end(), [&](const auto& compared) {
                return compared.name == resource.name;
            });
        const std::int64_t open =
            after == left.resources.end() ? resource.found() : after->found() - after->repaired;
        resource.repaired = std::max<std::int64_t>(0, resource.found() - open);
    }
    return findings;
}

void DriftCheck::run_in_background(const Reconciliation::Stopping& stopping) {
    if (!parts_.watch.is_filled()) return;
    const Findings findings = run(Act::repair, Speed::considerate, {}, stopping);
    if (const std::string fault = findings.fault(); !fault.empty() && !stopping())
        throw Error(EZ_UNAVAILABLE, "comparison is not complete: " + fault);
}

void DriftCheck::keep(const Findings& findings, const Json& keys, double seconds) {
    Compared numbers{.repaired = findings.repaired(), .seconds = seconds};
    for (const Findings::Resource& resource : findings.resources) {
        numbers.missing += resource.missing;
        numbers.stale += resource.stale;
        numbers.foreign += resource.foreign;
    }
    parts_.metrics.compared(numbers);
    if (findings.found() > 0)
        parts_.log.warn("Redis differs from the database in " + std::to_string(findings.found()) +
                        " entities, " + std::to_string(findings.repaired()) + " were repaired");
    const std::string fault = findings.fault();
    const std::string report = dump_json({{"resources", findings.json()},
                                          {"keys", keys},
                                          {"seconds", seconds},
                                          {"instance", parts_.instance},
                                          {"error", fault.empty() ? Json(nullptr) : Json(fault)}});
    state_.note_drift({findings.found(), findings.repaired(), report});
}

Json DriftCheck::report() const {
    const DriftState last = state_.drift();
    Json out{{"checked_at", last.checked_at ? Json(format_time(*last.checked_at)) : Json(nullptr)},
             {"found", last.found},
             {"repaired", last.repaired},
             {"seconds", nullptr},
             {"instance", nullptr},
             {"error", nullptr},
             {"resources", Json::array()},
             {"keys", Json::array()}};
    if (!last.report.empty()) {
        const Json kept = parse_json(last.report);
        for (const auto& [name, value] : kept.items()) out[name] = value;
    }
    return out;
}

Json DriftCheck::report_schema() {
    return object_schema(
        {{"checked_at", nullable(time_schema())},
         {"found", integer_schema()},
         {"repaired", integer_schema()},
         {"seconds", nullable({{"type", "number"}})},
         {"instance", nullable(text_schema())},
         {"error", nullable(text_schema())},
         {"resources", findings_schema()},
         {"keys",
          array_schema(object_schema(
              {{"kind", {{"type", "string"}, {"enum", {"missing", "stale", "foreign"}}}},
               {"resource", text_schema()},
               {"key", text_schema()}}))}});
}

}  // namespace ezapi::sync
