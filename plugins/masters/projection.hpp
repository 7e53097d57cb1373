// How the data plane sees a master: the hash auth:master:<id>.
#pragma once

#include <string>
#include <string_view>

#include "ezapi/changes.hpp"

namespace ezapi::masters {

inline constexpr std::string_view kProjection = "auth:master";

/// The values that the hash is rendered from; lists as JSON text.
struct MasterState {
    std::string_view id;
    std::string_view name;
    std::string_view group;
    std::string_view status;
    std::string_view namespaces;
    std::string_view default_namespace;
    std::string_view global_qps;
    std::string_view epoch;
};

/// An absent field means no limit, so values that limit nothing are omitted.
[[nodiscard]] ProjectionSink::Fields hash_fields(const MasterState& master);

[[nodiscard]] Projection projection();

}  // namespace ezapi::masters
