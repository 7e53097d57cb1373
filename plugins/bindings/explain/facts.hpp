// All that decides whether a token may call a model, read in one snapshot of the database: the
// token and its master, the namespace, the bindings of the model with their groups and API keys.
// What belongs to other plugins comes from their services.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "candidate.hpp"
#include "ezapi/network.hpp"
#include "keys/keys.h"
#include "masters/masters.h"
#include "namespaces/namespaces.h"

namespace ezapi::bindings {

/// As the data plane sees it, see keys.h.
struct TokenFacts {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::int64_t master_id = 0;
    std::int64_t epoch = 0;
    std::int64_t expires_at = 0;    // unix seconds; 0: never
    std::int64_t quota_limit = -1;  // -1: none
    std::int64_t quota_used = 0;
    std::string status, own_status, cause, group, default_namespace;
    std::vector<std::string> namespaces, models, models_denied, ip_allow, ip_deny;
};

struct MasterFacts {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::int64_t epoch = 0;
    std::string status, group, default_namespace;
};

struct NamespaceFacts {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::string status;
};

/// Who asks for what.
struct Question {
    std::string token_hash;  // empty: known by key_id
    std::int64_t key_id = 0;
    std::string model;
    std::optional<Address> ip;
    std::int64_t now = 0;  // unix seconds
};

struct Facts {
    Question question;
    std::optional<TokenFacts> token;
    std::optional<MasterFacts> master;
    std::string space;  // the model's namespace, by its name or by default
    std::string public_model;
    std::optional<NamespaceFacts> name_space;
    Resolved bindings;
    std::vector<ApiKey> api_keys;  // of the bindings' groups, by group and id
    /// The name to ask for, where the one that was asked for has no binding and the whole of it is
    /// a public model of a namespace that the token may use; empty: none.
    std::string qualified;

    [[nodiscard]] std::string name() const { return space + "." + public_model; }
};

class FactReader {
public:
    FactReader(const Host& host, const GroupReader& groups);

    /// Throws 409 where a plugin that knows tokens does not run.
    [[nodiscard]] Facts read(Tx& tx, Question question) const;

private:
    void read_token(Tx& tx, Facts& facts) const;
    void read_bindings_of(Tx& tx, Facts& facts) const;
    void read_qualified(Tx& tx, Facts& facts) const;
    [[nodiscard]] std::optional<NamespaceFacts> find_namespace(Tx& tx, std::string_view name) const;

    const GroupReader& groups_;
    Service<ez_keys_v1> keys_;
    Service<ez_masters_v1> masters_;
    Service<ez_namespaces_v1> namespaces_;
};

}  // namespace ezapi::bindings
