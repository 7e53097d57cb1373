#include <gmock/gmock.h>

#include "tokens_fixture.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// The effect of changes of tokens and masters on the rendered tokens.
class Follow : public TokensFixture {};

TEST_F(Follow, ProjectionHasWhatTheContractNamesAndNoMore) {
    const json of = master();
    const json plain = issue(of);
    EXPECT_EQ(rendered(hash(plain)),
              json({{"id", plain.at("id").dump()},
                    {"master_id", of.at("id").dump()},
                    {"group", "default"},
                    {"status", "active"},
                    {"epoch", "1"}}));
    const json full = issue(of,
                            {{"models", {"m"}},
                             {"models_denied", {"n"}},
                             {"ip_allow", {"10.0.0.0/8"}},
                             {"ip_deny", {"10.1.0.0/16"}},
                             {"expires_at", "2100-01-01T00:00:00.500Z"},
                             {"quota_limit", 1000},
                             {"qps_limit", 5}});
    EXPECT_EQ(rendered(hash(full)),
              json({{"id", full.at("id").dump()},
                    {"master_id", of.at("id").dump()},
                    {"group", "default"},
                    {"status", "active"},
                    {"epoch", "1"},
                    {"models", R"(["m"])"},
                    {"models_denied", R"(["n"])"},
                    {"ip_allow", R"(["10.0.0.0/8"])"},
                    {"ip_deny", R"(["10.1.0.0/16"])"},
                    {"expires_at", "4102444800"},
                    {"quota_limit", "1000"},
                    {"quota_used", "0"},
                    {"qps_limit", "5"}}));
}

TEST_F(Follow, EveryWriteMarksTheToken) {
    const json of = master();
    touched();
    const json key = issue(of);
    EXPECT_THAT(touched(), ElementsAre(hash(key)));
    admin().patch(path(of, key), {{"qps_limit", 4}});
    EXPECT_THAT(touched(), ElementsAre(hash(key)));
    admin().remove(path(of, key));
    EXPECT_THAT(touched(), ElementsAre(hash(key)));
    EXPECT_TRUE(rendered(hash(key)).is_null());
}

TEST_F(Follow, SuspendedMasterSuspendsAllOfItsTokens) {
    const json of = master();
    const json one = issue(of);
    const json two = issue(of, {{"status", "suspended"}});
    const json stranger = issue(master());
    touched();
    manage(of, "suspend");
    const auto marked = touched();
    EXPECT_THAT(marked, IsSupersetOf({hash(one), hash(two)}));
    EXPECT_THAT(marked, Not(Contains(hash(stranger))));
    EXPECT_EQ(rendered(hash(one)).at("status"), "suspended");
    EXPECT_EQ(read(of, one).at("status"), "active") << "its own status is another matter";
    manage(of, "activate");
    EXPECT_EQ(rendered(hash(one)).at("status"), "active");
    EXPECT_EQ(rendered(hash(two)).at("status"), "suspended");
}

TEST_F(Follow, RevokingEndsTheTokensIssuedSoFar) {
    const json of = master();
    const json old = issue(of);
    touched();
    manage(of, "revoke-tokens");
    EXPECT_THAT(touched(), Contains(hash(old)));
    EXPECT_EQ(rendered(hash(old)).at("status"), "suspended");
    const json fresh = issue(of);
    EXPECT_EQ(rendered(hash(fresh)).at("status"), "active");
    EXPECT_EQ(fresh.at("epoch"), 2);
}

TEST_F(Follow, ChangesThatDoNotConcernTokensMarkNone) {
    const json of = master();
    const json key = issue(of);
    touched();
    admin().patch(path(of), {{"metadata", {{"a", 1}}}, {"max_child_keys", 9}});
    EXPECT_THAT(touched(), ElementsAre(of.at("id").dump()));
}

TEST_F(Follow, TokenTakesOverWhatItsMasterBecomes) {
    for (const char* name : {"red", "blue"}) admin().post("/admin/namespaces", {{"name", name}});
    const json of = master({{"group", "gold"}});
    const json key = issue(of);
    const json red = issue(of, {{"namespaces", {"red"}}});
    touched();
    admin().patch(path(of),
                  {{"group", "silver"}, {"namespaces", {"blue"}}, {"default_namespace", "blue"}});
    EXPECT_THAT(touched(), UnorderedElementsAre(of.at("id").dump(), hash(key), hash(red)));
    EXPECT_EQ(rendered(hash(key)).at("group"), "silver");
    EXPECT_EQ(rendered(hash(key)).at("namespaces"), R"(["blue"])");
    EXPECT_EQ(rendered(hash(key)).at("default_namespace"), "blue");
    EXPECT_EQ(rendered(hash(red)).at("status"), "suspended") << "nothing is left of its namespaces";
}

TEST_F(Follow, DeletedMasterTakesItsTokensAlong) {
    const json of = master();
    const json one = issue(of);
    const json rotated = issue(of);
    admin().post(path(of, rotated) + "/rotate", {{"grace_seconds", 600}});
    const json stranger = issue(master());
    touched();
    EXPECT_EQ(admin().remove(path(of)).status, 204);
    EXPECT_THAT(touched(), IsSupersetOf({of.at("id").dump(), hash(one), hash(rotated)}));
    EXPECT_TRUE(rendered(hash(one)).is_null());
    EXPECT_TRUE(rendered(hash(rotated)).is_null());
    EXPECT_FALSE(rendered(hash(stranger)).is_null());
    EXPECT_EQ(sql("SELECT count(*) FROM keys WHERE master_id = " + of.at("id").dump()), "0");
}

TEST_F(Follow, RefusedDeletionOfAMasterLeavesItsTokens) {
    const json of = master();
    const json key = issue(of);
    EXPECT_EQ(admin().remove(path(of), {{"If-Match", "\"9\""}}).status, 412);
    EXPECT_EQ(read(of, key).at("status"), "active");
}

TEST_F(Follow, ProjectionsPagesHaveEveryHashOnce) {
    const json of = master();
    for (int i = 0; i < 9; ++i) {
        const json key = issue(of);
        if (i % 3 == 0) admin().post(path(of, key) + "/rotate", {{"grace_seconds", 600}});
    }
    const json all = admin().get("/probe/scan/auth:token/4").json();
    EXPECT_EQ(std::to_string(all.size()),
              sql("SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM key_retiring_hashes "
                  "WHERE valid_until > now())"));
}

}  // namespace
}  // namespace ezapi::tests
