// The token as sent to the data plane: the row, restricted by its master.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ezapi/changes.hpp"
#include "ezapi/services/masters.hpp"

namespace ezapi::keys {

/// A token under one of its hashes. Lists are JSON arrays as text.
struct Token {
    std::string hash;
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::int64_t master_id = 0;
    std::int64_t epoch = 0;
    std::string name;
    std::string status;
    std::string group;
    std::string namespaces;
    std::string default_namespace;
    std::string models;
    std::string models_denied;
    std::string ip_allow;
    std::string ip_deny;
    std::optional<std::int64_t> expires_at;  // unix seconds
    std::optional<std::int64_t> quota_limit;
    std::int64_t quota_used = 0;
    std::int64_t qps_limit = 0;
    std::string own_status = {};  // of the row, before the master is applied
    std::string_view cause = {};  // why the master suspends it: see keys.h
};

/// Restricts the token by its master. It is suspended when the master is suspended, has ended the
/// token's epoch or allows none of the token's namespaces; it is exhausted when the master's quota
/// is. Values that the token does not set are taken from the master.
void apply_master(Token& token, const Master& master);

/// The fields of auth:token. An absent field means no limit, so values that limit nothing are
/// omitted.
[[nodiscard]] ProjectionSink::Fields hash_fields(const Token& token);

}  // namespace ezapi::keys
