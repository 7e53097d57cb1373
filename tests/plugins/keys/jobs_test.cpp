#include <gmock/gmock.h>

#include "tokens_fixture.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::Contains;

class KeysJobs : public TokensFixture {
protected:
    static std::string id(const json& key) { return key.at("id").dump(); }
};

TEST_F(KeysJobs, QuotaBeginsAnewAndTheExhaustedTokenWorksAgain) {
    const json of = master();
    const json key = issue(of, {{"quota_limit", 10}, {"quota_reset", "monthly"}});
    admin().post("/probe/usage", {{"items", {{{"key_id", key.at("id")}, {"tokens_in", 10}}}}});
    const json exhausted = read(of, key);
    ASSERT_EQ(exhausted.at("status"), "exhausted");
    EXPECT_GT(exhausted.at("updated_at"), key.at("updated_at")) << "as with the version";
    touched();
    sql("UPDATE keys SET quota_reset_at = now() - interval '40 days' WHERE id = " + id(key));
    EXPECT_TRUE(eventually(20s, [&] { return read(of, key).at("status") == "active"; }));
    const json after = read(of, key);
    EXPECT_EQ(after.at("version"), exhausted.at("version").get<int64_t>() + 1);
    EXPECT_GT(after.at("updated_at"), exhausted.at("updated_at"));
    EXPECT_EQ(after.at("quota_used"), 0);
    EXPECT_EQ(after.at("tokens_in"), 10);
    EXPECT_EQ(
        sql("SELECT quota_reset_at = date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE "
            "'UTC' + interval '1 month' FROM keys WHERE id = " +
            id(key)),
        "t");
    EXPECT_THAT(touched(), Contains(hash(key)));
    EXPECT_EQ(rendered(hash(key)).at("quota_used"), "0");
}

TEST_F(KeysJobs, MoreQuotasThanOneBatchAreAllReset) {
    const json of = master();
    sql("INSERT INTO keys (master_id, name, epoch, prefix, token_hash, quota_limit, quota_used, "
        "quota_reset, quota_reset_at, status) SELECT " +
        of.at("id").dump() +
        ", 'bulk', 1, 'sk-', encode(sha256(n::text::bytea), 'hex'), 1, 1, 'daily', "
        "now() - interval '1 second', 'exhausted' FROM generate_series(1, 1234) n");
    const std::string left = "SELECT count(*) FROM keys WHERE name = 'bulk' AND status <> 'active'";
    EXPECT_TRUE(eventually(30s, [&] { return sql(left) == "0"; })) << sql(left);
}

TEST_F(KeysJobs, TokenPastItsEndBecomesExpired) {
    const json of = master();
    const json key = issue(of, {{"expires_at", "2100-01-01T00:00:00Z"}});
    const json suspended =
        issue(of, {{"expires_at", "2100-01-01T00:00:00Z"}, {"status", "suspended"}});
    touched();
    sql("UPDATE keys SET expires_at = now() - interval '1 second' WHERE id IN (" + id(key) + ", " +
        id(suspended) + ")");
    EXPECT_TRUE(eventually(20s, [&] { return read(of, key).at("status") == "expired"; }));
    EXPECT_THAT(touched(), Contains(hash(key)));
    EXPECT_EQ(rendered(hash(key)).at("status"), "expired");
    EXPECT_EQ(read(of, suspended).at("status"), "suspended");
}

TEST_F(KeysJobs, TokenBehindItsGraceIsAbsentAndItsRowGoes) {
    const json of = master();
    const json key = issue(of);
    admin().post(path(of, key) + "/rotate", {{"grace_seconds", 600}});
    ASSERT_FALSE(rendered(hash(key)).is_null());
    touched();
    sql("UPDATE key_retiring_hashes SET valid_until = now() WHERE key_id = " + id(key));
    EXPECT_TRUE(rendered(hash(key)).is_null());
    EXPECT_TRUE(eventually(20s, [&] {
        return sql("SELECT count(*) FROM key_retiring_hashes WHERE key_id = " + id(key)) == "0";
    }));
    EXPECT_THAT(touched(), Contains(hash(key)));
}

}  // namespace
}  // namespace ezapi::tests
