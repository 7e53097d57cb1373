#include "tests/bench/scenarios/tenants.hpp"

namespace ezapi::bench {

void insert_tokens(Stack& stack, size_t count) {
    const std::string tokens = std::to_string(count);
    stack.sql(
        "INSERT INTO masters (name, \"group\", prefix, key_hash) "
        "SELECT 'seed-' || n, 'default', 'mk-seed', encode(sha256(convert_to('mk-seed-' || n, "
        "'UTF8')), 'hex') "
        "FROM generate_series(0, (" +
        tokens + " - 1) / 1000) AS n");
    stack.sql(
        "INSERT INTO keys (master_id, name, \"group\", epoch, prefix, token_hash, quota_limit) "
        "SELECT master.id, 'seed-' || n, 'default', 1, 'sk-seed',"
        "  encode(sha256(convert_to('sk-seed-' || n, 'UTF8')), 'hex'), 1000000000000 "
        "FROM generate_series(1, " +
        tokens +
        ") AS n "
        "JOIN masters AS master ON master.name = 'seed-' || (n - 1) / 1000");
    stack.sql("ANALYZE masters");
    stack.sql("ANALYZE keys");
}

}  // namespace ezapi::bench
