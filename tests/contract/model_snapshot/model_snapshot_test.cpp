// Rendering of meta:models and meta:models_meta for the data plane, from database rows.
#include "model_snapshot.hpp"

#include <gtest/gtest.h>

#include "ezapi/base/crypto.hpp"
#include "tests/contract/database_host.hpp"

namespace ezapi::models {
namespace {

class ModelSnapshot : public tests::PostgresTest {
protected:
    void SetUp() override {
        PostgresTest::SetUp();
        if (!IsSkipped()) database_ = std::make_unique<tests::DatabaseHost>("models");
    }

    Json meta() {
        return database_->render(models_meta_projection(), {kModelsMeta})
            .at(std::string(kModelsMeta));
    }

    /// The checksum as defined by the contract, computed from the rendered values.
    std::string expected_checksum() {
        std::string text;
        Tx tx = database_->db().begin();
        ProjectionSink sink(
            [](void* user, const ez_projected* entity) noexcept {
                auto& out = *static_cast<std::string*>(user);
                out.append(view(entity->id)).append("\n");
                out.append(view(entity->value)).append("\n");
                return ez_status{EZ_OK};
            },
            &text);
        model_projection().scan(tx, {}, 1000000, sink);
        return sha256_hex(text);
    }

    std::unique_ptr<tests::DatabaseHost> database_;
};

TEST_F(ModelSnapshot, IsTheGoldenFile) {
    const Json expected = tests::golden("model_snapshot.json");
    if (expected.is_null()) GTEST_SKIP() << "the contract's files are not here: set EZ_SHARED_DIR";
    database_->sql.query(
        "INSERT INTO models (name, kind, context_window, max_output_tokens, supports_vision, "
        "supports_functions, supports_tool_choice, supports_fim) VALUES ('ns.m', 'chat', 128000, "
        "8192, true, true, true, true)");
    EXPECT_EQ(database_->render(model_projection(), {"ns.m"}).at("ns.m"), expected);
}

TEST_F(ModelSnapshot, LeavesOutWhatIsUnknownOrFalse) {
    database_->sql.query(
        "INSERT INTO models (name, kind, cost_per_token, context_window) VALUES ('ns.a', 'rerank', "
        "NULL, NULL), ('ns.\"b', 'chat', 0.0000025, 0), ('ns.free', 'chat', 0.000, 0)");
    const auto out = database_->render(model_projection(), {"ns.a", "ns.\"b", "ns.c", "ns.free"});
    EXPECT_EQ(out.at("ns.a"), (Json{{"name", "ns.a"}, {"kind", "rerank"}}));
    EXPECT_EQ(out.at("ns.free"),
              (Json{{"name", "ns.free"}, {"kind", "chat"}, {"cost_per_token", 0}}));
    EXPECT_EQ(out.at("ns.\"b"),
              (Json{{"name", "ns.\"b"}, {"kind", "chat"}, {"cost_per_token", 0.0000025}}));
    EXPECT_TRUE(out.at("ns.c").is_null());
}

TEST_F(ModelSnapshot, MetaIsTheGoldenFileWithTheChecksumOfTheModels) {
    Json expected = tests::golden("models_meta.json");
    if (expected.is_null()) GTEST_SKIP() << "the contract's files are not here: set EZ_SHARED_DIR";
    database_->sql.query(
        "UPDATE model_registry SET source = 'models.dev', version = 'abc123', upstream_url = "
        "'https://github.com/sst/models.dev', upstream_ref = 'dev'");
    database_->sql.query("UPDATE models_meta SET changed_at = to_timestamp(1734464000.9)");
    database_->sql.query("INSERT INTO models (name) VALUES ('ns.m')");
    expected["checksum"] = sha256_hex("ns.m\n{\"name\":\"ns.m\",\"kind\":\"chat\"}\n");
    EXPECT_EQ(meta(), expected);
}

TEST_F(ModelSnapshot, MetaLeavesOutAnUpstreamThatThereIsNot) {
    const Json out = meta();
    EXPECT_EQ(out.at("source"), "manual");
    EXPECT_EQ(out.at("checksum"), sha256_hex(""));
    EXPECT_EQ(out.at("version"), sha256_hex("").substr(0, 12));
    EXPECT_FALSE(out.contains("upstream_url"));
    EXPECT_FALSE(out.contains("upstream_ref"));
    EXPECT_EQ(database_->scan(models_meta_projection()).size(), 1U);
    EXPECT_EQ(database_->scan(models_meta_projection(), kModelsMeta).size(), 0U);
}

TEST_F(ModelSnapshot, ChecksumGoesInByteOrderOverManyPages) {
    // Upper case, slashes and non-ASCII letters sort differently in most locales.
    database_->sql.query(
        "INSERT INTO models (name, context_window) SELECT 'ns.' || (ARRAY['a','B','/','Z','z-', "
        "'ä'])[1 + n % 6] || n, n FROM generate_series(1, 2500) AS n");
    Tx tx = database_->db().begin();
    EXPECT_EQ(models_checksum(tx), expected_checksum());
}

}  // namespace
}  // namespace ezapi::models
