#include <gmock/gmock.h>

#include "tokens_fixture.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;

/// One limit: the value that an admin sets, values allowed for a tenant, and values that are not.
struct Limit {
    const char* field;
    const char* set;
    std::vector<const char*> within;
    std::vector<const char*> wider;
};

void PrintTo(const Limit& limit, std::ostream* out) {
    *out << limit.field;
}

class Ceiling : public TokensFixture {
protected:
    void SetUp() override {
        TokensFixture::SetUp();
        for (const char* name : {"one", "two", "three"})
            admin().post("/admin/namespaces", {{"name", name}});
        of_ = master({{"group", "gold"}});
    }

    [[nodiscard]] HttpClient tenant() const { return instance().client(of_.at("master_key")); }

    [[nodiscard]] json own(json members = json::object()) const {
        members["name"] = "own";
        const HttpAnswer answer = tenant().post("/v1/tokens", members);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json();
    }

    static std::string mine(const json& key) { return "/v1/tokens/" + key.at("id").dump(); }

    json of_;
};

class CeilingOf : public Ceiling, public ::testing::WithParamInterface<Limit> {
protected:
    [[nodiscard]] static json body(const char* value) {
        json out = json::object();
        out[GetParam().field] = json::parse(value);
        return out;
    }

    /// Tries every way in which a tenant could exceed the limits.
    void expect_held(const json& key) const {
        const json before = read(of_, key);
        const std::string field = GetParam().field;
        for (const char* wider : GetParam().wider) {
            const HttpAnswer patched = tenant().patch(mine(key), body(wider));
            EXPECT_EQ(patched.status, 422) << wider << patched.body;
            EXPECT_THAT(patched.body, HasSubstr(field)) << wider;
            json whole = before;
            whole[field] = json::parse(wider);
            EXPECT_EQ(tenant().put(mine(key), whole).status, 422) << wider;
        }
        EXPECT_EQ(tenant().patch(mine(key), {{"limits", {{field, nullptr}}}}).status, 422);
        EXPECT_EQ(tenant().put(mine(key), {{"name", "renamed"}}).json().at(field),
                  before.at(field));
        EXPECT_EQ(tenant().post(mine(key) + "/rotate", {{"grace_seconds", 60}}).status, 200);
        const HttpAnswer removed = tenant().remove(mine(key));
        EXPECT_EQ(removed.status, 409) << removed.body;
        EXPECT_EQ(removed.json().at("code"), "locked");
        const json after = read(of_, key);
        EXPECT_EQ(after.at(field), before.at(field));
        EXPECT_EQ(after.at("limits"), before.at("limits"));
        EXPECT_EQ(tenant().get(mine(key)).json().at("limits"), after.at("limits"));
    }
};

TEST_P(CeilingOf, HoldsWhatAnAdminSetOnATokenOfTheTenant) {
    const json key = own();
    const HttpAnswer set = admin().patch(path(of_, key), body(GetParam().set));
    ASSERT_EQ(set.status, 200) << set.body;
    EXPECT_EQ(set.json().at("limits").at(GetParam().field), json::parse(GetParam().set));
    expect_held(key);
    for (const char* within : GetParam().within) {
        const HttpAnswer narrower = tenant().patch(mine(key), body(within));
        EXPECT_EQ(narrower.status, 200) << within << narrower.body;
    }
    EXPECT_EQ(tenant().patch(mine(key), body(GetParam().set)).status, 200) << "back to the ceiling";
}

TEST_P(CeilingOf, HoldsWhatAnAdminCreated) {
    json members = body(GetParam().set);
    expect_held(issue(of_, members));
}

TEST_P(CeilingOf, HoldsWhatAnAdminPut) {
    const json key = own();
    json whole = read(of_, key);
    whole[GetParam().field] = json::parse(GetParam().set);
    ASSERT_EQ(admin().put(path(of_, key), whole).status, 200);
    expect_held(key);
}

TEST_P(CeilingOf, HoldsWhatAnAdminConfirmedByName) {
    const json key = own(body(GetParam().set));
    EXPECT_EQ(key.at("limits"), json::object()) << "the tenant's own is no ceiling";
    ASSERT_EQ(admin().patch(path(of_, key), body(GetParam().set)).status, 200);
    expect_held(key);
}

TEST_P(CeilingOf, EndsWhenAnAdminOpensIt) {
    const json key = own();
    const json open = read(of_, key);
    admin().patch(path(of_, key), body(GetParam().set));
    json opened = json::object();
    opened[GetParam().field] = open.at(GetParam().field);
    ASSERT_EQ(admin().patch(path(of_, key), opened).json().at("limits"), json::object());
    EXPECT_EQ(tenant().patch(mine(key), body(GetParam().set)).status, 200);
    EXPECT_EQ(tenant().remove(mine(key)).status, 204);
}

INSTANTIATE_TEST_SUITE_P(
    Fields,
    CeilingOf,
    ::testing::Values(
        Limit{"group", R"("gold")", {}, {R"("")", R"("silver")"}},
        Limit{"namespaces", R"(["one","two"])", {R"(["one"])"}, {"[]", R"(["one","three"])"}},
        Limit{"models", R"(["a","b"])", {R"(["b"])"}, {"[]", R"(["a","c"])"}},
        Limit{"models_denied", R"(["a"])", {R"(["a","b"])"}, {"[]", R"(["b"])"}},
        Limit{"ip_allow",
              R"(["10.0.0.0/8"])",
              {R"(["10.1.0.0/16","10.2.3.4"])"},
              {"[]", R"(["0.0.0.0/0"])", R"(["10.0.0.0/7"])", R"(["10.0.0.0/8","11.0.0.1"])"}},
        Limit{"ip_deny",
              R"(["10.1.0.0/16"])",
              {R"(["10.0.0.0/8"])", R"(["10.1.0.0/16","11.0.0.1"])"},
              {"[]", R"(["10.1.0.0/17"])"}},
        Limit{"expires_at",
              R"("2090-01-01T00:00:00.000Z")",
              {R"("2089-01-01T00:00:00Z")"},
              {"null", R"("2090-01-01T00:00:00.001Z")"}},
        Limit{"quota_limit", "1000", {"999", "1"}, {"null", "1001"}},
        Limit{"qps_limit", "10", {"9", "1"}, {"0", "11"}}));

TEST_F(Ceiling, QuotaIsNotWidenedByResettingItMoreOften) {
    const json key = own({{"quota_reset", "weekly"}});
    ASSERT_EQ(admin().patch(path(of_, key), {{"quota_limit", 100}}).json().at("limits"),
              json({{"quota_limit", 100}, {"quota_reset", "weekly"}}));
    EXPECT_EQ(tenant().patch(mine(key), {{"quota_reset", "daily"}}).status, 422);
    EXPECT_EQ(tenant().patch(mine(key), {{"quota_reset", "monthly"}}).status, 200);
    EXPECT_EQ(tenant().patch(mine(key), {{"quota_reset", "weekly"}}).status, 200);
    EXPECT_EQ(admin().patch(path(of_, key), {{"quota_reset", "daily"}}).status, 200);
    EXPECT_EQ(tenant().patch(mine(key), {{"quota_reset", "weekly"}}).status, 200);
}

TEST_F(Ceiling, SuspensionByAnAdminIsEndedByAnAdmin) {
    const json key = own();
    EXPECT_EQ(key.at("suspended_by"), nullptr);
    EXPECT_EQ(tenant().patch(mine(key), {{"status", "suspended"}}).json().at("suspended_by"),
              "master");
    EXPECT_EQ(tenant().patch(mine(key), {{"status", "active"}}).status, 200);
    tenant().patch(mine(key), {{"status", "suspended"}});

    const json locked = admin().patch(path(of_, key), {{"status", "suspended"}}).json();
    EXPECT_EQ(locked.at("suspended_by"), "admin") << "although it was suspended already";
    for (const json& body : {json{{"status", "active"}},
                             json{{"status", "active"}, {"quota_limit", 5}},
                             json{{"suspended_by", nullptr}},
                             json{{"suspended_by", "master"}},
                             json{{"status", nullptr}}})
        EXPECT_EQ(tenant().patch(mine(key), body).status, 422) << body;
    EXPECT_EQ(tenant().put(mine(key), {{"name", "x"}, {"status", "active"}}).status, 422);
    EXPECT_EQ(tenant().put(mine(key), {{"name", "x"}}).json().at("status"), "suspended");
    EXPECT_EQ(tenant().patch(mine(key), {{"status", "suspended"}}).json().at("suspended_by"),
              "admin");
    EXPECT_EQ(tenant().post(mine(key) + "/rotate", json::object()).json().at("status"),
              "suspended");
    EXPECT_EQ(tenant().remove(mine(key)).status, 409);

    EXPECT_EQ(admin().patch(path(of_, key), {{"status", "active"}}).json().at("suspended_by"),
              nullptr);
    EXPECT_EQ(tenant().remove(mine(key)).status, 204);
}

TEST_F(Ceiling, TenantThatMayHaveNoMoreTokensCannotReplaceALimitedOne) {
    const json key = own();
    admin().patch(path(of_, key), {{"quota_limit", 10}});
    admin().patch(path(of_), {{"max_child_keys", 1}});
    EXPECT_EQ(tenant().remove(mine(key)).status, 409);
    EXPECT_EQ(tenant().post("/v1/tokens", {{"name", "another"}}).status, 409);
    EXPECT_EQ(admin().remove(path(of_, key)).status, 204);
}

TEST_F(Ceiling, MasterTakesItsLimitedTokensAlong) {
    const json key = own();
    admin().patch(path(of_, key), {{"quota_limit", 10}, {"status", "suspended"}});
    EXPECT_EQ(admin().remove(path(of_)).status, 204);
    EXPECT_EQ(sql("SELECT count(*) FROM keys WHERE id = " + key.at("id").dump()), "0");
}

TEST_F(Ceiling, OtherFieldsStayTheTenants) {
    const json key = own();
    admin().patch(path(of_, key), {{"quota_limit", 10}, {"models", {"a"}}});
    EXPECT_EQ(
        tenant()
            .patch(mine(key), {{"name", "mine"}, {"qps_limit", 5}, {"ip_allow", {"10.0.0.1"}}})
            .status,
        200);
    EXPECT_EQ(tenant().patch(mine(key), {{"qps_limit", 0}, {"ip_allow", json::array()}}).status,
              200);
    EXPECT_EQ(tenant().put(mine(key), tenant().get(mine(key)).json()).status, 200);
}

}  // namespace
}  // namespace ezapi::tests
