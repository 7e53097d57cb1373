// Computes the same decisions as tests/dataplane, from the database in SQL and without any code of
// the server.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/dataplane/resolver.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {

class Oracle {
public:
    /// Reads the current state.
    Oracle(const std::string& dsn, std::int64_t now);

    [[nodiscard]] Decision decide(std::int64_t key_id, const std::string& model) const;

private:
    struct Token {
        std::string status, group, master_status, master_group;
        std::int64_t expires_at = 0, quota_limit = -1, quota_used = 0, epoch = 0, master_epoch = 0;
        std::set<std::string> namespaces, models, models_denied;
    };

    struct Candidate {
        std::int64_t group_id = 0;
        std::string route_group, weight,
            upstream;  // upstream empty: the selector does not match exactly one
        bool active = false;
    };

    void read_tokens(SqlReader& sql);
    void read_bindings(SqlReader& sql);

    std::int64_t now_;
    std::map<std::int64_t, Token> tokens_;
    std::map<std::string, std::vector<Candidate>> bindings_;
    std::map<std::int64_t, std::vector<std::int64_t>> usable_keys_;  // group -> API keys
    std::set<std::string> active_namespaces_;
};

}  // namespace ezapi::tests
