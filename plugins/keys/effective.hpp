// What the data plane is told of a token: the row, and what its master leaves of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ezapi/changes.hpp"
#include "ezapi/services/masters.hpp"

namespace ezapi::keys {

/// One hash by which a token is known. Lists are JSON arrays as text.
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
    std::string own_status = {};  // the row's
    std::string_view cause = {};  // what of its master suspends it: see keys.h
};

/// Within its master: suspended where the master is, where the master has ended its epoch, or where
/// none of its namespaces are the master's any more; exhausted where the master's quota is; what it
/// leaves open is the master's.
void apply_master(Token& token, const Master& master);

/// The fields of auth:token. Absent means not limited, so what limits nothing is left out.
[[nodiscard]] ProjectionSink::Fields hash_fields(const Token& token);

}  // namespace ezapi::keys
