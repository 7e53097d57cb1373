// Rendering of config:providers for the data plane, from database rows to JSON.
#include "provider_snapshot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "credentials.hpp"
#include "service.hpp"
#include "tests/contract/database_host.hpp"

namespace ezapi::provider_groups {
namespace {

using sealing::Keyring;
using ::testing::ElementsAre;

class ProviderSnapshot : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (IsSkipped()) return;
        database_ = std::make_unique<tests::DatabaseHost>("provider-groups");
        database_->sql.query(
            "INSERT INTO provider_groups (id, name, type, google_project, google_location, models) "
            "OVERRIDING SYSTEM VALUE VALUES (7, 'pg1', 'vertex-express', 'proj-1', 'global', "
            "'[\"gemini-3-pro-preview\"]')");
    }

    void insert_key(int id,
                    const Credentials& credentials,
                    const std::string& columns = "",
                    const std::string& values = "",
                    const Keyring* sealed_with = nullptr) {
        const Keyring& ring = sealed_with != nullptr ? *sealed_with : ring_;
        const std::string reference = "ref-" + std::to_string(id);
        database_->sql.query(
            "INSERT INTO api_keys (id, group_id, sealed, key_id, credential_ref, fingerprint" +
            columns + ") OVERRIDING SYSTEM VALUE VALUES (" + std::to_string(id) + ", 7, '" +
            seal(ring, credentials, reference) + "', '" + ring.first_id() + "', '" + reference +
            "', 'f'" + values + ")");
    }

    std::map<std::string, Json> render(const std::vector<std::string_view>& ids) {
        return database_->render(projection(), ids);
    }

    Projection projection() { return provider_projection(ring_, database_->host().log()); }

    const Keyring ring_ = Keyring::parse("main:" + std::string(64, 'a'));
    std::unique_ptr<tests::DatabaseHost> database_;
};

const Credentials kKey{.api_key = "sk-123", .access_token = {}, .refresh_token = {}};

TEST_F(ProviderSnapshot, IsTheGoldenFile) {
    const Json expected = tests::golden("provider_snapshot.json");
    if (expected.is_null()) GTEST_SKIP() << "the contract's files are not here: set EZ_SHARED_DIR";
    insert_key(42, kKey);
    EXPECT_EQ(render({"42"}).at("42"), expected);
    EXPECT_EQ(database_->scan(projection()).at("42"), expected);
}

TEST_F(ProviderSnapshot, AddsTokensAndWeightWhereTheyArePresent) {
    insert_key(42,
               {.api_key = {}, .access_token = "ya29.x", .refresh_token = "1//r"},
               ", token_expires_at, weight",
               ", '2026-01-02T03:04:05.678Z', 50");
    const Json provider = render({"42"}).at("42");
    EXPECT_EQ(provider.at("api_key"), "");
    EXPECT_EQ(provider.at("access_token"), "ya29.x");
    EXPECT_EQ(provider.at("refresh_token"), "1//r");
    EXPECT_EQ(provider.at("token_expires_at"), 1767323045);
    EXPECT_EQ(provider.at("weight"), 50);
}

TEST_F(ProviderSnapshot, LeavesOutTheDefaultWeight) {
    insert_key(1, kKey);
    insert_key(2, kKey, ", weight", ", 0");  // as stored by earlier versions
    insert_key(3, kKey, ", weight", ", 1");
    insert_key(4, kKey, ", weight", ", 2");
    for (const char* id : {"1", "2", "3"})
        EXPECT_FALSE(render({id}).at(id).contains("weight")) << id;
    EXPECT_EQ(render({"4"}).at("4").at("weight"), 2);
}

TEST_F(ProviderSnapshot, LeavesOutAnEmptyProjectAndLocation) {
    database_->sql.query(
        "UPDATE provider_groups SET type = 'openai', google_project = '', google_location = '', "
        "models = '[]', auto_ban = false, base_url = 'https://api.example'");
    insert_key(42, kKey);
    EXPECT_EQ(render({"42"}).at("42"),
              (Json{{"id", 42},
                    {"name", "pg1#42"},
                    {"type", "openai"},
                    {"base_url", "https://api.example"},
                    {"api_key", "sk-123"},
                    {"group_id", 7},
                    {"group", "default"},
                    {"models", Json::array()},
                    {"status", "active"},
                    {"auto_ban", false}}));
}

TEST_F(ProviderSnapshot, ShowsTheKeysOwnStatusBeforeThatOfItsGroup) {
    insert_key(1, kKey);
    insert_key(2, kKey, ", status, ban_reason", ", 'banned', '401'");
    insert_key(3, kKey, ", status", ", 'suspended'");
    const auto status = [&](const char* id) { return render({id}).at(id).at("status"); };
    EXPECT_EQ(status("1"), "active");
    EXPECT_EQ(status("2"), "banned");
    EXPECT_EQ(status("3"), "suspended");
    database_->sql.query("UPDATE provider_groups SET status = 'suspended'");
    EXPECT_EQ(status("1"), "suspended");
    EXPECT_EQ(status("2"), "banned");
}

TEST_F(ProviderSnapshot, IsAbsentForWhatIsNoApiKey) {
    insert_key(42, kKey);
    const auto out = render({"42", "43", "no-number", "99999999999999999999"});
    EXPECT_EQ(out.size(), 4U);
    EXPECT_FALSE(out.at("42").is_null());
    for (const char* id : {"43", "no-number", "99999999999999999999"})
        EXPECT_TRUE(out.at(id).is_null()) << id;
}

TEST_F(ProviderSnapshot, PagesInByteOrderOfTheIds) {
    for (const int id : {1, 2, 10, 42}) insert_key(id, kKey);
    std::vector<std::string> seen;
    for (std::string after;;) {
        const auto page = database_->scan(projection(), after, 3);
        for (const auto& [id, value] : page) seen.push_back(id);
        if (page.size() < 3) break;
        after = seen.back();
    }
    EXPECT_THAT(seen, ElementsAre("1", "10", "2", "42"));
}

/// A change and a full push render it alike: a failing change would block all later ones.
TEST_F(ProviderSnapshot, ShowsOneThatCannotBeDecryptedSuspendedAndWithoutCredentials) {
    const Keyring other = Keyring::parse("lost:" + std::string(64, 'b'));
    insert_key(1, kKey);
    insert_key(2,
               {.api_key = "sk-456", .access_token = "access-456", .refresh_token = "refresh-456"},
               "",
               "",
               &other);
    const auto changed = render({"1", "2"});
    EXPECT_EQ(changed.at("1").at("status"), "active");
    EXPECT_EQ(changed.at("1").at("api_key"), kKey.api_key);
    EXPECT_EQ(changed.at("2").at("status"), "suspended");
    EXPECT_EQ(changed.at("2").at("api_key"), "");
    EXPECT_FALSE(changed.at("2").contains("access_token"));
    EXPECT_FALSE(changed.at("2").contains("refresh_token"));
    const auto all = database_->scan(projection());
    for (const char* id : {"1", "2"}) EXPECT_EQ(all.at(id), changed.at(id));
}

TEST_F(ProviderSnapshot, RefusesCiphertextsThatWereSwapped) {
    insert_key(1, kKey);
    insert_key(2, {.api_key = "sk-456", .access_token = {}, .refresh_token = {}});
    database_->sql.query(
        "UPDATE api_keys k SET sealed = o.sealed FROM api_keys o WHERE o.id = 3 - k.id");
    const auto changed = render({"1", "2"});
    const auto all = database_->scan(projection());
    for (const char* id : {"1", "2"}) {
        EXPECT_EQ(changed.at(id).at("status"), "suspended") << id;
        EXPECT_EQ(changed.at(id).at("api_key"), "") << id;
        EXPECT_EQ(all.at(id), changed.at(id)) << id;
    }
}

TEST_F(ProviderSnapshot, TheServiceNamesUsableKeysOnly) {
    for (const int id : {11, 2}) insert_key(id, kKey);
    insert_key(3, kKey, ", status, ban_reason", ", 'banned', '401'");
    insert_key(4, kKey, ", status", ", 'suspended'");
    database_->sql.query(
        "INSERT INTO provider_groups (id, name, type, status) OVERRIDING SYSTEM VALUE VALUES (8, "
        "'empty', 'openai', 'suspended')");
    std::map<std::int64_t, std::vector<std::int64_t>> keys;
    const auto read = [&] {
        keys.clear();
        const GroupService service(database_->host().abi());
        Tx tx = database_->db().begin();
        const std::int64_t ids[] = {8, 7, 9};
        check([&](ez_error* error) {
            return GroupService::kTable.read(
                const_cast<GroupService*>(&service),
                tx.handle(),
                ids,
                3,
                [](void* user, const ez_provider_group* group) noexcept {
                    auto& out = *static_cast<decltype(keys)*>(user);
                    out[group->id].assign(group->usable_keys,
                                          group->usable_keys + group->usable_key_count);
                    return ez_status{EZ_OK};
                },
                &keys,
                error);
        });
    };
    read();
    EXPECT_EQ(keys.size(), 2U);
    EXPECT_THAT(keys.at(7), ElementsAre(2, 11));
    EXPECT_THAT(keys.at(8), ElementsAre());
    database_->sql.query("UPDATE provider_groups SET status = 'suspended'");
    read();
    EXPECT_THAT(keys.at(7), ElementsAre());
}

}  // namespace
}  // namespace ezapi::provider_groups
