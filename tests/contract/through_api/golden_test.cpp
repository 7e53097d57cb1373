// Compares what the data plane reads, for entities created through the API of a real server, with
// the golden files of the contract, so that the defaults of SQL and of the API cannot differ
// unnoticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::filesystem::path contract() {
    const char* shared = std::getenv("EZ_SHARED_DIR");
    return std::filesystem::path(shared != nullptr ? shared : EZAPI_SOURCE_DIR "/../shared") /
           "contract";
}

json golden(const char* name) {
    std::ifstream in(contract() / name);
    return json::parse(in);
}

/// The fields of a hash in the table of the contract: the last words in backticks of its row.
std::set<std::string> fields_of(const std::string& key) {
    std::ifstream in(contract() / "README.md");
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with("| `" + key + "`")) continue;
        const size_t end = line.rfind('`');
        const size_t begin = line.rfind('`', end - 1) + 1;
        std::istringstream words(line.substr(begin, end - begin));
        return {std::istream_iterator<std::string>(words), {}};
    }
    return {};
}

class GoldenTest : public InstanceTest {
protected:
    InstanceOptions options() const override {
        return {.plugins = {"namespaces",
                            "masters",
                            "keys",
                            "provider-groups",
                            "models",
                            "bindings",
                            "features",
                            "logs",
                            "sync"}};
    }

    void SetUp() override {
        if (!std::filesystem::exists(contract()))
            GTEST_SKIP() << "the contract's files are not here: set EZ_SHARED_DIR";
        InstanceTest::SetUp();
        if (IsSkipped() || made_) return;
        made_ = true;
        create("/admin/namespaces", {{"name", "ns"}});
        next_id("provider_groups", 7);
        next_id("api_keys", 42);
        create("/admin/provider-groups",
               {{"name", "pg1"},
                {"type", "vertex-express"},
                {"google_project", "proj-1"},
                {"models", {"gemini-3-pro-preview"}}});
        create("/admin/api-keys", {{"group_id", 7}, {"api_key", "sk-123"}});
        next_id("provider_groups", 9);
        create("/admin/provider-groups",
               {{"name", "pg2"},
                {"type", "gemini"},
                {"models", {"gemini-3-pro-preview", "gemini-3-flash"}}});
    }

    static json create(const std::string& path, const json& body) {
        const HttpAnswer answer = admin().post(path, body);
        if (answer.status != 201) throw std::runtime_error(path + ": " + answer.body);
        return answer.json();
    }

    static void next_id(const std::string& table, int id) {
        SqlReader(instance().dsn())
            .query("ALTER TABLE " + table + " ALTER COLUMN id RESTART WITH " + std::to_string(id));
    }

    /// null until it exists.
    static json field(const std::string& key, const std::string& name) {
        json out;
        EXPECT_TRUE(eventually(10s,
                               [&] {
                                   const auto text = redis().field(key, name);
                                   if (text) out = json::parse(*text);
                                   return text.has_value();
                               }))
            << key << " " << name;
        return out;
    }

    inline static bool made_ = false;
};

TEST_F(GoldenTest, Provider) {
    EXPECT_EQ(field("config:providers", "42"), golden("provider_snapshot.json"));
}

TEST_F(GoldenTest, ProviderWithOptionalMembers) {
    const json group = create("/admin/provider-groups", {{"name", "oauth"}, {"type", "codex"}});
    const json key = create("/admin/api-keys",
                            {{"group_id", group.at("id")},
                             {"access_token", "access-token-of-the-test"},
                             {"refresh_token", "refresh-token-of-the-test"},
                             {"token_expires_at", "2099-01-01T00:00:00Z"},
                             {"weight", 5}});
    const json read = field("config:providers", key.at("id").dump());
    EXPECT_EQ(read.at("access_token"), "access-token-of-the-test");
    EXPECT_EQ(read.at("refresh_token"), "refresh-token-of-the-test");
    EXPECT_EQ(read.at("token_expires_at"), 4070908800);
    EXPECT_EQ(read.at("weight"), 5);
    std::set<std::string> known{"access_token", "refresh_token", "token_expires_at", "weight"};
    const json required = golden("provider_snapshot.json");
    for (const auto& [name, value] : required.items()) known.insert(name);
    for (const auto& [name, value] : read.items()) EXPECT_TRUE(known.contains(name)) << name;
}

/// Some clients cannot omit a number.
TEST_F(GoldenTest, AWeightOfZeroIsTheDefault) {
    const json key = create("/admin/api-keys",
                            {{"group_id", 9}, {"api_key", "sk-zero-weight-1"}, {"weight", 0}});
    EXPECT_EQ(key.at("weight"), 1);
    EXPECT_FALSE(field("config:providers", key.at("id").dump()).contains("weight"));
    const std::string path = "/admin/api-keys/" + key.at("id").dump();
    EXPECT_EQ(admin().patch(path, {{"weight", nullptr}}).json().at("weight"), 1);
    EXPECT_EQ(admin().remove(path).status, 204);
}

TEST_F(GoldenTest, Binding) {
    json expected = golden("binding_snapshot.json");
    for (const json& candidate : expected.at("candidates")) {
        json body{{"namespace", "ns"}, {"public_model", "gemini-3-pro-preview"}};
        for (const char* name :
             {"group_id", "route_group", "weight", "selector_type", "selector_value"})
            if (candidate.contains(name)) body[name] = candidate.at(name);
        create("/admin/bindings", body);
    }
    json read;
    EXPECT_TRUE(eventually(10s, [&] {
        read = field("config:bindings", "ns.gemini-3-pro-preview");
        return read.at("candidates").size() == 2;
    }));
    EXPECT_TRUE(read.at("updated_at").is_number_integer());
    expected["updated_at"] = read.at("updated_at");
    EXPECT_EQ(read, expected);
}

TEST_F(GoldenTest, ModelAndCatalogue) {
    json body = golden("model_snapshot.json");
    create("/admin/models", body);
    EXPECT_EQ(field("meta:models", "ns.m"), golden("model_snapshot.json"));
    // Like the request of a Go client that knows nothing about the model.
    create("/admin/models",
           {{"name", "ns.zero"},
            {"kind", "chat"},
            {"context_window", 0},
            {"max_output_tokens", 0},
            {"supports_vision", false}});
    EXPECT_EQ(field("meta:models", "ns.zero"), (json{{"name", "ns.zero"}, {"kind", "chat"}}));
    create("/admin/models", {{"name", "ns.free"}, {"cost_per_token", 0}});
    EXPECT_EQ(field("meta:models", "ns.free"),
              (json{{"name", "ns.free"}, {"kind", "chat"}, {"cost_per_token", 0}}));

    SqlReader(instance().dsn())
        .query(
            "UPDATE model_registry SET source = 'models.dev', version = 'abc123', upstream_url = "
            "'https://github.com/sst/models.dev', upstream_ref = 'dev'");
    EXPECT_EQ(push_all(admin()).status / 100, 2);
    json expected = golden("models_meta.json");
    std::map<std::string, std::string> read;
    EXPECT_TRUE(eventually(20s, [&] {
        read = redis().hash("meta:models_meta");
        return read["version"] == "abc123";
    }));
    for (const char* varying : {"updated_at", "checksum"}) {
        EXPECT_EQ(read[varying].empty(), false);
        expected[varying] = read[varying];
    }
    EXPECT_EQ(read["checksum"].size(), 64U);
    EXPECT_EQ(json(read), expected);
}

TEST_F(GoldenTest, HashesHaveTheFieldsOfTheContractAndNoOthers) {
    const json master = create(
        "/admin/masters",
        {{"name", "acme"}, {"namespaces", {"ns"}}, {"default_namespace", "ns"}, {"global_qps", 9}});
    const std::string id = master.at("id").dump();
    create("/admin/masters/" + id + "/keys",
           {{"name", "full"},
            {"models", {"a"}},
            {"models_denied", {"b"}},
            {"ip_allow", {"10.0.0.0/8"}},
            {"ip_deny", {"10.1.0.0/16"}},
            {"expires_at", "2099-01-01T00:00:00Z"},
            {"quota_limit", 10},
            {"qps_limit", 1}});
    EXPECT_TRUE(eventually(10s, [&] {
        return !redis().hash("auth:master:" + id).empty() &&
               redis().keys("auth:token:*").size() == 1;
    }));
    const auto expect_known = [](const std::string& key, const std::string& row) {
        const std::set<std::string> known = fields_of(row);
        ASSERT_GE(known.size(), 5U) << row;
        const std::map<std::string, std::string> hash = redis().hash(key);
        EXPECT_FALSE(hash.empty()) << key;
        for (const auto& [name, value] : hash)
            EXPECT_TRUE(known.contains(name)) << key << " " << name;
    };
    expect_known("auth:master:" + id, "auth:master:<id>");
    expect_known(redis().keys("auth:token:*").at(0), "auth:token:<sha256 hex of the token>");
    expect_known("meta:sync", "meta:sync");
    std::set<std::string> names;
    const json space = field("config:namespaces", "ns");
    for (const auto& [name, value] : space.items()) names.insert(name);
    EXPECT_EQ(names, (std::set<std::string>{"name", "status", "description", "updated_at"}));
}

}  // namespace
}  // namespace ezapi::tests
