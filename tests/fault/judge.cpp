#include "tests/fault/judge.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ezapi::tests {
namespace {

using nlohmann::json;

std::string named(const KeyName& key) {
    return key.resource + " " + key.id;
}

std::string text_of(const std::optional<Shown>& shown) {
    if (!shown) return "absent";
    return "operation " + std::to_string(shown->number) + (shown->active ? "" : " (inactive)");
}

std::optional<Shown> left_by(const Operation& operation) {
    if (!operation.present) return std::nullopt;
    return Shown{operation.number, operation.active};
}

/// The position of an observation in the operations of its key, at or after `from`; nullopt when
/// there is none.
std::optional<size_t> place_of(const Operations& operations,
                               const std::optional<Shown>& shown,
                               size_t from) {
    for (size_t i = from; i < operations.size(); ++i) {
        if (left_by(operations[i]) == shown) return i;
    }
    return std::nullopt;
}

/// One key as seen by one node.
class Track {
public:
    Track(const KeyName& key, const Operations& operations, Verdict& verdict)
        : key_(key), operations_(operations), verdict_(verdict) {}

    void observe(const Seen& seen) {
        ++verdict_.observations;
        observed_ = true;
        shown_ =
            seen.content ? std::optional(shown_in(key_.resource, *seen.content)) : std::nullopt;
        size_t from = place_;
        for (size_t i = place_; i < operations_.size(); ++i) {
            if (operations_[i].applied && *operations_[i].applied < seen.asked) from = i;
        }
        const auto place = place_of(operations_, shown_, from);
        if (place) {
            place_ = *place;
        } else {
            complain("saw " + text_of(shown_) + " when operation " +
                     std::to_string(operations_[from].number) + " was " +
                     (from == place_ ? "seen before" : "applied"));
        }
    }

    /// The node has reported that it applied everything up to this revision.
    void promise(std::int64_t revision) {
        for (; promised_ < operations_.size(); ++promised_) {
            const Operation& operation = operations_[promised_];
            if (operation.revision == 0 || operation.revision > revision) return;
            ++verdict_.promises;
            if (!place_of(operations_, shown_, promised_))
                complain("has applied revision " + std::to_string(revision) + " and holds " +
                         text_of(shown_) + ", not operation " + std::to_string(operation.number));
        }
    }

    [[nodiscard]] bool observed() const { return observed_; }

private:
    void complain(const std::string& what) {
        verdict_.violations.push_back(named(key_) + ": a node " + what);
    }

    const KeyName& key_;
    const Operations& operations_;
    Verdict& verdict_;
    std::optional<Shown> shown_;
    bool observed_ = false;
    size_t place_ = 0;     // first operation that may have led to the observed state
    size_t promised_ = 0;  // earlier operations are guaranteed to be applied
};

}  // namespace

Shown shown_in(const std::string& resource, const std::string& content) {
    const json parsed = json::parse(content);
    if (resource == "meta:features")
        return {parsed.at("value").at("number").get<std::int64_t>(), true};
    if (resource == "config:namespaces")
        return {std::stoll(parsed.at("description").get<std::string>()),
                parsed.at("status") == "active"};
    return {std::stoll(parsed.at("qps_limit").get<std::string>()), parsed.at("status") == "active"};
}

void judge_state(const std::map<KeyName, Operations>& operations,
                 const State& state,
                 const std::string& whose,
                 Verdict& verdict) {
    for (const auto& [key, made] : operations) {
        const auto found = state.find(key);
        const auto shown = found == state.end() ? std::nullopt : std::optional(found->second);
        const Operation& last = made.back();
        std::optional<Shown> sure;  // state before the operation in doubt
        if (made.size() > 1) sure = left_by(made[made.size() - 2]);
        const bool right = shown == left_by(last) || (!last.acknowledged && shown == sure);
        if (right) {
            verdict.operations += static_cast<size_t>(std::count_if(
                made.begin(), made.end(), [](const Operation& each) { return each.acknowledged; }));
        } else {
            verdict.violations.push_back(named(key) + ": " + whose + " shows " + text_of(shown) +
                                         ", the last acknowledged one is " +
                                         text_of(last.acknowledged ? left_by(last) : sure));
        }
    }
}

void judge_node(const std::map<KeyName, Operations>& operations,
                const std::vector<Seen>& seen,
                const std::vector<Applied>& applied,
                Verdict& verdict) {
    std::map<KeyName, Track> tracks;
    for (const auto& [key, made] : operations) tracks.emplace(key, Track(key, made, verdict));
    size_t next = 0;
    const auto observe_until = [&](size_t end) {
        for (; next < std::min(end, seen.size()); ++next) {
            const auto track = tracks.find(KeyName{seen[next].resource, seen[next].id});
            if (track != tracks.end()) track->second.observe(seen[next]);
        }
    };
    std::int64_t last = 0;
    std::string epoch;
    for (const Applied& each : applied) {
        if (each.epoch == epoch && each.revision < last)
            verdict.violations.push_back("a node went back from revision " + std::to_string(last) +
                                         " to " + std::to_string(each.revision));
        observe_until(each.observations);
        for (auto& [key, track] : tracks) {
            // A token is only read once its writer has made it known to the node.
            if (key.resource != "auth:token" || track.observed()) track.promise(each.revision);
        }
        last = each.revision;
        epoch = each.epoch;
    }
    observe_until(seen.size());
}

}  // namespace ezapi::tests
