#include "compare/findings.hpp"

#include "ezapi/base/hex.hpp"
#include "ezapi/openapi.hpp"

namespace ezapi::sync {
namespace {

Json nullable_text() {
    Json out = text_schema();
    out["nullable"] = true;
    return out;
}

}  // namespace

std::string_view name_of(Drift::Kind kind) {
    switch (kind) {
        case Drift::Kind::missing:
            return "missing";
        case Drift::Kind::stale:
            return "stale";
        default:
            return "foreign";
    }
}

void Findings::Resource::count(Drift::Kind kind) {
    switch (kind) {
        case Drift::Kind::missing:
            ++missing;
            break;
        case Drift::Kind::stale:
            ++stale;
            break;
        default:
            ++foreign;
    }
}

std::int64_t Findings::found() const {
    std::int64_t out = 0;
    for (const Resource& resource : resources) out += resource.found();
    return out;
}

std::int64_t Findings::repaired() const {
    std::int64_t out = 0;
    for (const Resource& resource : resources) out += resource.repaired;
    return out;
}

std::string Findings::fault() const {
    for (const Resource& resource : resources) {
        if (!resource.fault.empty()) return resource.name + ": " + resource.fault;
    }
    return {};
}

Json Findings::json() const {
    Json out = Json::array();
    for (const Resource& resource : resources) {
        out.push_back({{"resource", resource.name},
                       {"entities", resource.entities},
                       {"missing", resource.missing},
                       {"stale", resource.stale},
                       {"foreign", resource.foreign},
                       {"repaired", resource.repaired},
                       {"database_digest", to_hex(resource.database_digest)},
                       {"redis_digest", to_hex(resource.redis_digest)},
                       {"error", resource.fault.empty() ? Json(nullptr) : Json(resource.fault)}});
    }
    return out;
}

Json findings_schema() {
    return array_schema(object_schema({{"resource", text_schema()},
                                       {"entities", integer_schema()},
                                       {"missing", integer_schema()},
                                       {"stale", integer_schema()},
                                       {"foreign", integer_schema()},
                                       {"repaired", integer_schema()},
                                       {"database_digest", text_schema()},
                                       {"redis_digest", text_schema()},
                                       {"error", nullable_text()}}));
}

}  // namespace ezapi::sync
