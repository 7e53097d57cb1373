// Everything that decides whether a token may call a model, read in one database snapshot: the
// token and its master, the namespace, the bindings of the model with their groups and API keys.
// Data of other plugins is read through their services.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "candidate.hpp"
#include "ezapi/network.hpp"
#include "ezapi/services/keys.hpp"
#include "ezapi/services/masters.hpp"
#include "ezapi/services/namespaces.hpp"

namespace ezapi::bindings {

/// Who asks for what.
struct Question {
    std::string token_hash;  // empty: the token is given by key_id
    std::int64_t key_id = 0;
    std::string model;
    std::optional<Address> ip;
    std::int64_t now = 0;  // unix seconds
};

struct Facts {
    Question question;
    std::optional<Key> token;
    std::optional<Master> master;
    std::string space;  // the model's namespace, by its name or by default
    std::string public_model;
    std::optional<Namespace> name_space;
    Resolved bindings;
    std::vector<UpstreamKey> api_keys;  // of the bindings' groups, by group and id
    /// The name to ask for, where the one that was asked for has no binding and the whole of it is
    /// a public model of a namespace that the token may use; empty: none.
    std::string qualified;

    [[nodiscard]] std::string name() const { return space + "." + public_model; }
};

class FactReader {
public:
    FactReader(const Host& host, const ProviderGroups& groups);

    /// Throws 409 when no plugin provides "keys/1".
    [[nodiscard]] Facts read(Tx& tx, Question question) const;

private:
    void read_token(Tx& tx, Facts& facts) const;
    void read_bindings_of(Tx& tx, Facts& facts) const;
    void read_qualified(Tx& tx, Facts& facts) const;

    const ProviderGroups& groups_;
    Keys keys_;
    Masters masters_;
    Namespaces namespaces_;
};

}  // namespace ezapi::bindings
