// One master: its fields, the rules for writing it, and its credential.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ezapi/resource/resource.hpp"
#include "ezapi/services/namespaces.hpp"

namespace ezapi::masters {

/// In front of every master key.
inline constexpr std::string_view kKeyPrefix = "mk-";

/// The columns and the one-time member of a master key.
struct MasterKey {
    Json columns;  // key_hash, prefix
    Json reveal;   // master_key
};

[[nodiscard]] MasterKey issue_key();

/// `namespaces` must outlive the resource.
[[nodiscard]] ResourceSpec master_spec(const NamespaceWatch& namespaces);

/// Masters that name a namespace.
[[nodiscard]] std::int64_t count_in_namespace(Tx& tx, std::string_view name);

}  // namespace ezapi::masters
