// One master: its fields, the validation rules, and its key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ezapi/resource/resource.hpp"
#include "ezapi/services/namespaces.hpp"

namespace ezapi::masters {

/// The prefix of every master key.
inline constexpr std::string_view kKeyPrefix = "mk-";

/// A new master key: its columns, and the member that the API returns only once.
struct MasterKey {
    Json columns;  // key_hash, prefix
    Json reveal;   // master_key
};

[[nodiscard]] MasterKey issue_key();

/// `namespaces` must outlive the resource.
[[nodiscard]] ResourceSpec master_spec(const NamespaceWatch& namespaces);

/// The number of masters that name the namespace.
[[nodiscard]] std::int64_t count_in_namespace(Tx& tx, std::string_view name);

}  // namespace ezapi::masters
