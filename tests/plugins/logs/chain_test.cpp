// The operation log's hash chain in the real server, modified by a superuser of the database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"
#include "tests/support/sql_reader.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class OperationChain : public InstanceTest {
protected:
    InstanceOptions options() const override { return {.plugins = {"namespaces", "logs"}}; }

    void SetUp() override {
        InstanceTest::SetUp();
        if (IsSkipped()) return;
        sql_ = std::make_unique<SqlReader>(instance().dsn());
        // Disables triggers, as a superuser can.
        sql_->query("SET session_replication_role = replica");
        write(5);
        ASSERT_TRUE(all_sealed()) << verify().dump();
        for (const char* table : kTables)
            sql_->query("CREATE TABLE kept_" + std::string(table) + " AS TABLE " + table);
    }

    void TearDown() override {
        if (!sql_) return;
        if (!tampered_) {
            for (const std::string table : kTables) sql_->query("DROP TABLE kept_" + table);
            return;
        }
        sql_->query("BEGIN");
        sql_->query("LOCK TABLE operation_chain_head IN EXCLUSIVE MODE");  // stops sealing
        for (const std::string table : kTables) {
            sql_->query("DELETE FROM " + table);
            sql_->query("INSERT INTO " + table + " OVERRIDING SYSTEM VALUE TABLE kept_" + table);
            sql_->query("DROP TABLE kept_" + table);
        }
        sql_->query("COMMIT");
        EXPECT_TRUE(all_sealed()) << verify().dump();
    }

    static void write(int count) {
        static int turn = 0;
        for (int i = 0; i < count; ++i) {
            const std::string name = "chained-" + std::to_string(++turn);
            EXPECT_EQ(admin().post("/admin/namespaces", {{"name", name}}).status, 201);
        }
    }

    static json verify(const std::string& query = {}) {
        const HttpAnswer answer = admin().get("/admin/operation-logs/verify" + query);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json();
    }

    static bool all_sealed() {
        return eventually(10s, [] {
            const json state = verify();
            return state.at("waiting") == 0 && state.at("intact") == true;
        });
    }

    static std::string kind_found(const std::string& query = {}) {
        const json state = verify(query);
        EXPECT_NE(state.at("intact"), state.at("break").is_object());
        return state.at("break").is_null() ? "none" : state.at("break").at("kind");
    }

    static constexpr const char* kTables[] = {
        "operation_logs", "operation_chain", "operation_chain_head"};
    std::unique_ptr<SqlReader> sql_;
    bool tampered_ = true;  // false: only rows were inserted, and the current state is valid
};

TEST_F(OperationChain, HoldsEveryCommittedRow) {
    const json state = verify();
    EXPECT_GE(state.at("sealed").get<int>(), 5);
    EXPECT_EQ(state.at("sealed").dump(), sql_->value("SELECT count(*) FROM operation_logs"));
    EXPECT_EQ(state.at("checked").at("to"), state.at("sealed"));
    EXPECT_TRUE(state.at("next").is_null());
    EXPECT_EQ(state.at("head").at("hash"),
              sql_->value("SELECT hash FROM operation_chain ORDER BY position DESC LIMIT 1"));
}

TEST_F(OperationChain, IsSignedFromTheFirstRowOnWithAKeyOutsideTheDatabase) {
    const json state = verify();
    EXPECT_EQ(state.at("keyed_from"), 1);
    EXPECT_EQ(sql_->value("SELECT string_agg(DISTINCT key_id, ',') FROM operation_chain"),
              state.at("head").at("key_id"));
    EXPECT_EQ(sql_->value("SELECT count(*) FROM operation_chain c JOIN operation_logs o ON o.id = "
                          "c.operation_id WHERE c.hash = encode(sha256(convert_to(o::text, "
                          "'UTF8')), 'hex')"),
              "0");
}

TEST_F(OperationChain, FindsAnEditedRow) {
    sql_->query(
        "UPDATE operation_logs SET after = jsonb_set(after, '{name}', '\"other\"') "
        "WHERE id = (SELECT operation_id FROM operation_chain WHERE position = 3)");
    const json broken = verify().at("break");
    EXPECT_EQ(broken.at("kind"), "altered");
    EXPECT_EQ(broken.at("position"), 3);
    EXPECT_EQ(broken.at("operation_id").dump(),
              sql_->value("SELECT operation_id FROM operation_chain WHERE position = 3"));
}

TEST_F(OperationChain, FindsAnEditOfAnyColumn) {
    for (const char* edit : {"actor_kind = 'system'",
                             "actor_id = 7",
                             "actor = 'nobody'",
                             "action = 'delete'",
                             "resource = 'masters'",
                             "resource_id = '0'",
                             "status = 'other'",
                             "before = '{}'",
                             "after = NULL",
                             "ip = '10.0.0.1'",
                             "request_id = NULL",
                             "method = 'GET'",
                             "path = ''",
                             "request_id_given = NOT request_id_given",
                             "created_at = created_at - interval '1 microsecond'"}) {
        sql_->query("BEGIN");
        sql_->query(
            "CREATE TEMP TABLE row_kept ON COMMIT DROP AS SELECT * FROM operation_logs "
            "WHERE id = (SELECT operation_id FROM operation_chain WHERE position = 2)");
        sql_->query(std::string("UPDATE operation_logs SET ") + edit +
                    " WHERE id = (SELECT operation_id FROM operation_chain WHERE position = 2)");
        sql_->query("CREATE TABLE row_back AS TABLE row_kept");
        sql_->query("COMMIT");
        EXPECT_EQ(kind_found(), "altered") << edit;
        sql_->query("DELETE FROM operation_logs WHERE id = (SELECT id FROM row_back)");
        sql_->query("INSERT INTO operation_logs OVERRIDING SYSTEM VALUE TABLE row_back");
        sql_->query("DROP TABLE row_back");
        EXPECT_EQ(kind_found(), "none") << edit;
    }
}

TEST_F(OperationChain, FindsADeletedRow) {
    sql_->query(
        "DELETE FROM operation_logs WHERE id = (SELECT operation_id FROM operation_chain "
        "WHERE position = 2)");
    EXPECT_EQ(kind_found(), "missing");
    sql_->query("DELETE FROM operation_chain WHERE position = 2");
    EXPECT_EQ(kind_found(), "gap");
    sql_->query("UPDATE operation_chain SET position = position - 1 WHERE position = 3");
    EXPECT_EQ(kind_found(), "altered");
}

TEST_F(OperationChain, FindsRowsThatChangedPlaces) {
    sql_->query("UPDATE operation_chain SET operation_id = -operation_id WHERE position IN (2, 3)");
    sql_->query(
        "UPDATE operation_chain c SET operation_id = -o.operation_id FROM operation_chain o "
        "WHERE c.position IN (2, 3) AND o.position = 5 - c.position");
    EXPECT_EQ(kind_found(), "altered");
}

TEST_F(OperationChain, FindsATailThatWasCutOff) {
    sql_->query(
        "DELETE FROM operation_logs WHERE id = (SELECT operation_id FROM operation_chain "
        "ORDER BY position DESC LIMIT 1)");
    sql_->query(
        "DELETE FROM operation_chain WHERE position = (SELECT max(position) FROM "
        "operation_chain)");
    EXPECT_EQ(kind_found(), "tail");
}

TEST_F(OperationChain, FindsARowThatWasSlippedIn) {
    sql_->query(
        "INSERT INTO operation_logs (actor_kind, actor, action, resource, resource_id, xid) "
        "VALUES ('admin', 'forger', 'create', 'masters', '1', '3')");
    EXPECT_EQ(kind_found(), "unsealed");
}

TEST_F(OperationChain, AKeptHeadIsComparedWithTheChain) {
    const json head = verify().at("head");
    const std::string kept =
        "?position=" + head.at("position").dump() + "&hash=" + head.at("hash").get<std::string>();
    EXPECT_EQ(kind_found(kept), "none");
    EXPECT_EQ(kind_found("?position=999999&hash=" + std::string(64, 'a')), "anchor");
    EXPECT_EQ(kind_found("?position=2&hash=" + std::string(64, 'a')), "anchor");
    tampered_ = false;
}

TEST_F(OperationChain, IsReadInParts) {
    const std::int64_t sealed = verify().at("sealed");
    std::int64_t from = 1;
    std::int64_t parts = 0;
    for (;;) {
        const json part = verify("?limit=2&from=" + std::to_string(from));
        EXPECT_TRUE(part.at("intact").get<bool>()) << part.dump();
        ++parts;
        if (part.at("next").is_null()) break;
        EXPECT_EQ(part.at("next"), from + 2);
        from = part.at("next");
    }
    EXPECT_GE(parts, sealed / 2);
    sql_->query(
        "UPDATE operation_logs SET ip = '10.0.0.1' WHERE id = (SELECT operation_id FROM "
        "operation_chain WHERE position = 4)");
    EXPECT_EQ(kind_found("?limit=2&from=1"), "none");
    EXPECT_EQ(kind_found("?limit=2&from=3"), "altered");
    EXPECT_EQ(kind_found("?limit=2&from=5"), "none");
}

TEST_F(OperationChain, ARowThatCommitsLateKeepsItsPlaceAmongTheOthers) {
    const std::int64_t before = verify().at("sealed");
    tampered_ = false;
    SqlReader late(instance().dsn());
    late.query("BEGIN");
    const std::string id = late.value(
        "INSERT INTO operation_logs (actor_kind, actor, action, resource, resource_id) "
        "VALUES ('admin', 'late', 'create', 'masters', '1') RETURNING id");
    // No request waits for it.
    write(2);
    ASSERT_TRUE(eventually(10s, [] { return verify().at("waiting") == 2; }));
    EXPECT_EQ(verify().at("sealed"), before);
    late.query("COMMIT");
    ASSERT_TRUE(all_sealed());
    EXPECT_EQ(verify().at("sealed"), before + 3);
    EXPECT_EQ(sql_->value("SELECT position FROM operation_chain WHERE operation_id = " + id),
              std::to_string(before + 1));
}

TEST_F(OperationChain, GoesOnInADatabaseWhoseTransactionsCountFromTheBeginningAgain) {
    tampered_ = false;
    const std::int64_t before = verify().at("sealed");
    sql_->query("UPDATE operation_logs SET xid = (xid::text::bigint + 1000000000)::text::xid8");
    sql_->query(
        "UPDATE operation_chain_head SET sealed_below = "
        "(sealed_below::text::bigint + 1000000000)::text::xid8");
    // It was waiting when the dump was made.
    sql_->query(
        "INSERT INTO operation_logs (actor_kind, actor, action, resource, resource_id, xid) "
        "VALUES ('admin', 'dumped', 'create', 'masters', '1', '1999999999')");
    write(2);
    ASSERT_TRUE(eventually(10s, [&] { return verify().at("sealed") == before + 3; }))
        << verify().dump();
    EXPECT_EQ(kind_found(), "none");
    EXPECT_EQ(verify().at("waiting"), 0);
}

TEST_F(OperationChain, RefusesToBeChangedWithoutThat) {
    SqlReader other(instance().dsn());
    for (const char* statement : {"UPDATE operation_chain SET position = position + 1",
                                  "DELETE FROM operation_chain",
                                  "TRUNCATE operation_chain"}) {
        EXPECT_THROW(other.query(statement), std::runtime_error) << statement;
    }
}

TEST_F(OperationChain, AHeadThatIsNoneIsRefused) {
    const std::string path = "/admin/operation-logs/verify";
    EXPECT_EQ(admin().get(path + "?position=1").status, 400);
    EXPECT_EQ(admin().get(path + "?hash=00").status, 400);
    EXPECT_EQ(admin().get(path + "?from=0").status, 400);
    EXPECT_EQ(admin().get(path + "?limit=1000001").status, 400);
}

}  // namespace
}  // namespace ezapi::tests
