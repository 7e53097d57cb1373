#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "tokens_fixture.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::Contains;
using ::testing::UnorderedElementsAre;

/// Shared quotas; the job that resets them practically never runs.
class SharedQuota : public TokensFixture {
protected:
    [[nodiscard]] InstanceOptions options() const override {
        InstanceOptions out = TokensFixture::options();
        out.environment["EZ_QUOTA_RESET_INTERVAL_SECONDS"] = "86400";
        return out;
    }

    static void use(const json& items) {
        const HttpAnswer answer = admin().post("/probe/usage", {{"items", items}});
        EXPECT_EQ(answer.status, 200) << answer.body;
    }

    static json used(const json& key, int requests, int tokens) {
        return {{"key_id", key.at("id")}, {"requests", requests}, {"tokens_in", tokens}};
    }

    static json read_master(const json& of) { return admin().get(path(of)).json(); }

    static std::string status(const json& key) { return rendered(hash(key)).at("status"); }
};

TEST_F(SharedQuota, AllTokensOfAMasterShareIt) {
    const json of = master({{"quota_limit", 100}, {"quota_reset", "daily"}});
    const json other = master();
    EXPECT_EQ(of.at("quota_used"), 0);
    EXPECT_EQ(of.at("quota_exhausted"), false);
    EXPECT_EQ(of.at("quota_reset_at"), read_master(of).at("quota_reset_at"));
    const json one = issue(of);
    const json two = issue(of);
    const json apart = issue(other);
    use({used(one, 1, 60), used(two, 1, 39), used(apart, 1, 1000)});
    EXPECT_EQ(read_master(of).at("quota_used"), 99);
    EXPECT_EQ(status(one), "active");
    touched();
    use(json::array({used(two, 1, 1)}));
    const json after = read_master(of);
    EXPECT_EQ(after.at("quota_used"), 100);
    EXPECT_EQ(after.at("quota_requests_used"), 3);
    EXPECT_EQ(after.at("quota_exhausted"), true);
    EXPECT_EQ(after.at("version"), of.at("version")) << "counters do not get in the way";
    EXPECT_THAT(touched(), UnorderedElementsAre(hash(one), hash(two)));
    EXPECT_EQ(status(one), "exhausted");
    EXPECT_EQ(status(two), "exhausted");
    EXPECT_EQ(status(apart), "active");
    EXPECT_EQ(status(issue(of)), "exhausted") << "a new token is no way out";
    EXPECT_EQ(instance().client(of.at("master_key")).get("/v1/self").json().at("quota_used"), 100);
    EXPECT_EQ(read(of, one).at("status"), "active") << "its own state is another";
}

/// The ETag of an answer that shows the quota always matches that answer, even if usage changes
/// meanwhile.
TEST_F(SharedQuota, AnswersNotModifiedUntilSomethingIsUsed) {
    const json of = master({{"quota_limit", 100}, {"quota_reset", "daily"}});
    const json key = issue(of);
    HttpClient tenant = instance().client(of.at("master_key"));
    const std::string list = "/admin/masters?name=" + of.at("name").get<std::string>();
    const auto get = [&](const std::string& which, const Headers& headers) {
        return which == "/v1/self" ? tenant.get(which, headers) : admin().get(which, headers);
    };
    const std::vector<std::string> paths{path(of), list, "/v1/self"};
    std::vector<std::string> held;
    for (const std::string& which : paths) held.push_back(get(which, {}).header("etag"));
    const auto statuses = [&] {
        std::vector<int> out;
        for (size_t i = 0; i < paths.size(); ++i)
            out.push_back(get(paths[i], {{"If-None-Match", held[i]}}).status);
        return out;
    };
    EXPECT_THAT(statuses(), ::testing::Each(304));
    use(json::array({used(key, 1, 1)}));
    EXPECT_THAT(statuses(), ::testing::Each(200));
    const HttpAnswer read = admin().get(path(of));
    EXPECT_NE(read.header("etag"), held[0]);
    use(json::array({used(key, 1, 1)}));
    const HttpAnswer patched =
        admin().patch(path(of), {{"global_qps", 5}}, {{"If-Match", read.header("etag")}});
    EXPECT_EQ(patched.status, 200) << "usage is no conflict: " << patched.body;
    EXPECT_EQ(admin().get(path(of), {{"If-None-Match", patched.header("etag")}}).status, 304);
    for (const std::string& stale : {read.header("etag"), held[0]}) {
        EXPECT_EQ(admin().patch(path(of), {{"global_qps", 6}}, {{"If-Match", stale}}).status, 412);
        EXPECT_EQ(admin().get(path(of), {{"If-None-Match", stale}}).status, 200);
    }
    use(json::array({used(key, 1, 98)}));
    EXPECT_EQ(admin().get(path(of), {{"If-None-Match", patched.header("etag")}}).status, 200);
    EXPECT_EQ(admin().patch(path(of), {{"quota_limit", nullptr}}).status, 200);
    const std::string open = admin().get(path(of)).header("etag");
    use(json::array({used(key, 1, 50)}));
    EXPECT_EQ(admin().get(path(of), {{"If-None-Match", open}}).status, 304)
        << "without a limit nothing is shown that moves";
}

TEST_F(SharedQuota, RequestsAreLimitedToo) {
    const json of = master({{"quota_request_limit", 3}});
    const json one = issue(of);
    const json two = issue(of);
    use(json::array({used(one, 2, 0)}));
    EXPECT_EQ(status(one), "active");
    use(json::array({used(two, 1, 0)}));
    EXPECT_EQ(status(one), "exhausted");
    EXPECT_EQ(status(two), "exhausted");
}

TEST_F(SharedQuota, FollowsItsLimits) {
    const json of = master({{"quota_limit", 10}});
    const json key = issue(of);
    use(json::array({used(key, 1, 10)}));
    ASSERT_EQ(status(key), "exhausted");
    touched();
    const json raised = admin().patch(path(of), {{"quota_limit", 20}}).json();
    EXPECT_EQ(raised.at("quota_exhausted"), false);
    EXPECT_EQ(raised.at("quota_used"), 10);
    EXPECT_EQ(status(key), "active");
    EXPECT_THAT(touched(), Contains(hash(key)));
    EXPECT_EQ(admin().patch(path(of), {{"quota_limit", 5}}).json().at("quota_exhausted"), true);
    EXPECT_EQ(status(key), "exhausted");
    const json opened = admin().patch(path(of), {{"quota_limit", nullptr}}).json();
    EXPECT_EQ(opened.at("quota_exhausted"), false);
    EXPECT_EQ(opened.at("quota_used"), 0);
    EXPECT_EQ(status(key), "active");
    EXPECT_EQ(admin().put(path(of), read_master(of)).status, 200);
}

TEST_F(SharedQuota, IsOnlyTheOperators) {
    const json of = master({{"quota_limit", 10}});
    HttpClient tenant = instance().client(of.at("master_key"));
    EXPECT_EQ(tenant.patch("/v1/self", {{"quota_limit", 20}}).status, 405);
    EXPECT_EQ(tenant.get("/v1/self").json().at("quota_limit"), 10);
    for (const char* field : {"quota_used", "quota_requests_used"})
        EXPECT_EQ(admin().post("/admin/masters", {{"name", fresh_name()}, {field, 1}}).status, 422);
}

TEST_F(SharedQuota, BeginsWithTheFirstUseBehindItsReset) {
    const json of = master({{"quota_limit", 100}, {"quota_reset", "daily"}});
    const json key = issue(of);
    use(json::array({used(key, 1, 100)}));
    ASSERT_EQ(status(key), "exhausted");
    sql("UPDATE master_usage SET quota_reset_at = now() - interval '1 minute' WHERE master_id = " +
        of.at("id").dump());
    touched();
    use(json::array({used(key, 1, 7)}));
    EXPECT_EQ(read_master(of).at("quota_used"), 7);
    EXPECT_EQ(read_master(of).at("quota_reset_at"), of.at("quota_reset_at"));
    EXPECT_EQ(status(key), "active");
    EXPECT_THAT(touched(), Contains(hash(key)));
}

TEST_F(SharedQuota, QuotaOfATokenBeginsWithItsFirstUse) {
    const json of = master();
    const json key = issue(of, {{"quota_limit", 100}, {"quota_reset", "weekly"}});
    use(json::array({used(key, 1, 100)}));
    const json exhausted = read(of, key);
    ASSERT_EQ(exhausted.at("status"), "exhausted");
    sql("UPDATE keys SET quota_reset_at = now() - interval '1 minute' WHERE id = " +
        key.at("id").dump());
    touched();
    use(json::array({used(key, 1, 7)}));
    const json begun = read(of, key);
    EXPECT_EQ(begun.at("status"), "active");
    EXPECT_EQ(begun.at("quota_used"), 7);
    EXPECT_EQ(begun.at("tokens_in"), 107);
    EXPECT_EQ(begun.at("version"), exhausted.at("version").get<int64_t>() + 1);
    EXPECT_EQ(begun.at("quota_reset_at"), key.at("quota_reset_at"));
    EXPECT_THAT(touched(), Contains(hash(key)));
    EXPECT_EQ(rendered(hash(key)).at("quota_used"), "7");

    sql("UPDATE keys SET quota_reset_at = now() - interval '1 minute' WHERE id = " +
        key.at("id").dump());
    use(json::array({used(key, 1, 100)}));
    EXPECT_EQ(read(of, key).at("status"), "exhausted") << "what is used counts in the new period";
    EXPECT_EQ(read(of, key).at("quota_used"), 100);
}

class SharedQuotaJob : public TokensFixture {};

TEST_F(SharedQuotaJob, ResetsWhatIsDueAndForgetsMastersThatAreGone) {
    const json of = master({{"quota_limit", 10}, {"quota_reset", "monthly"}});
    const json key = issue(of);
    admin().post("/probe/usage", {{"items", {{{"key_id", key.at("id")}, {"tokens_in", 10}}}}});
    ASSERT_EQ(rendered(hash(key)).at("status"), "exhausted");
    const json gone = master({{"quota_limit", 10}});
    admin().remove(path(gone));
    touched();
    sql("UPDATE master_usage SET quota_reset_at = now() - interval '40 days' WHERE master_id = " +
        of.at("id").dump());
    EXPECT_TRUE(eventually(20s, [&] { return rendered(hash(key)).at("status") == "active"; }));
    EXPECT_THAT(touched(), Contains(hash(key)));
    EXPECT_EQ(admin().get(path(of)).json().at("quota_used"), 0);
    EXPECT_TRUE(eventually(20s, [&] {
        return sql("SELECT count(*) FROM master_usage WHERE master_id = " + gone.at("id").dump()) ==
               "0";
    }));
}

/// Reports that exhaust a master are sent during its deletion: each is counted or answered with
/// unknown tokens, none fails, and nothing of the master is left.
TEST_F(SharedQuotaJob, ReportsRaceTheDeletionOfTheirMaster) {
    for (int round = 0; round < 10; ++round) {
        const json of = master({{"quota_limit", 50}});
        json items = json::array();
        for (int i = 0; i < 4; ++i)
            items.push_back(
                {{"key_id", issue(of).at("id")}, {"requests", 1}, {"tokens_in", 1 + round}});
        std::atomic<bool> gone = false;
        std::atomic<int> counted = 0;
        std::mutex mutex;
        std::vector<std::string> failures;
        std::vector<std::thread> nodes;
        for (int node = 0; node < 3; ++node) {
            nodes.emplace_back([&] {
                HttpClient client = instance().admin();
                for (bool last = false; !last;) {
                    last = gone;
                    const HttpAnswer answer = client.post("/probe/usage", {{"items", items}});
                    ++counted;
                    const json all_gone{1, 1, 1, 1};
                    if (answer.status == 200 && (!last || answer.json().at("unknown") == all_gone))
                        continue;
                    const std::lock_guard lock(mutex);
                    failures.push_back(answer.body);
                }
            });
        }
        EXPECT_TRUE(eventually(20s, [&] { return counted > round; }));
        const HttpAnswer removed = admin().remove(path(of));
        gone = true;
        for (std::thread& node : nodes) node.join();
        EXPECT_EQ(removed.status, 204) << removed.body;
        EXPECT_THAT(failures, ::testing::IsEmpty());
        EXPECT_EQ(sql("SELECT count(*) FROM keys WHERE master_id = " + of.at("id").dump()), "0");
    }
    EXPECT_TRUE(eventually(20s, [] {
        return sql("SELECT count(*) FROM master_usage WHERE master_id NOT IN "
                   "(SELECT id FROM masters)") == "0";
    }));
}

}  // namespace
}  // namespace ezapi::tests
