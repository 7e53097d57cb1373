#include "ezapi/resource/batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ezapi/fake_host.hpp"

namespace ezapi {
namespace {

using ::testing::ElementsAre;

/// "<field> <code>" for each fault in the members of an operation or batch.
template <class Read>
std::vector<std::string> faults_of(Read&& read) {
    std::vector<std::string> out;
    try {
        read();
    } catch (const Error& error) {
        EXPECT_EQ(error.http_status(), 422);
        for (const FieldFault& fault : error.faults())
            out.push_back(fault.field + " " + fault.code);
    }
    return out;
}

std::vector<std::string> batch_faults(const char* body) {
    return faults_of([&] { (void)detail::read_batch(Json::parse(body)); });
}

std::vector<std::string> operation_faults(const char* operation) {
    return faults_of([&] { detail::check_operation(Json::parse(operation)); });
}

TEST(Batch, IsAtomicUnlessToldOtherwise) {
    EXPECT_TRUE(detail::read_batch(Json::parse(R"({"operations":[]})")).atomic);
    EXPECT_FALSE(detail::read_batch(Json::parse(R"({"atomic":false,"operations":[]})")).atomic);
}

TEST(Batch, RefusesABodyOfAnotherShape) {
    EXPECT_THAT(batch_faults("{}"), ElementsAre("operations required"));
    EXPECT_THAT(batch_faults(R"({"operations":{}})"), ElementsAre("operations type"));
    EXPECT_THAT(batch_faults(R"({"operations":[],"atomic":1})"), ElementsAre("atomic type"));
    EXPECT_THAT(batch_faults(R"({"operations":[],"dry":true})"), ElementsAre("dry unknown"));
}

TEST(Batch, TakesAThousandOperationsAndNotOneMore) {
    Json body{{"operations", Json::array()}};
    for (int i = 0; i < 1000; ++i) body["operations"].push_back(Json::object());
    EXPECT_NO_THROW((void)detail::read_batch(body));
    body["operations"].push_back(Json::object());
    EXPECT_THAT(faults_of([&] { (void)detail::read_batch(body); }),
                ElementsAre("operations range"));
}

TEST(BatchOperation, HasAFrameForEachVerb) {
    EXPECT_THAT(operation_faults(R"({"op":"create","data":{}})"), ElementsAre());
    EXPECT_THAT(operation_faults(R"({"op":"update","id":7,"data":{},"version":3})"), ElementsAre());
    EXPECT_THAT(operation_faults(R"({"op":"delete","id":7})"), ElementsAre());

    EXPECT_THAT(operation_faults("7"), ElementsAre(" type"));
    EXPECT_THAT(operation_faults(R"({"op":"upsert"})"), ElementsAre("op choice"));
    EXPECT_THAT(operation_faults(R"({"op":7})"), ElementsAre("op choice"));
    EXPECT_THAT(operation_faults(R"({"op":"create","id":1,"data":{}})"),
                ElementsAre("id read_only"));
    EXPECT_THAT(operation_faults(R"({"op":"create"})"), ElementsAre("data required"));
    EXPECT_THAT(operation_faults(R"({"op":"create","data":[]})"), ElementsAre("data required"));
    EXPECT_THAT(operation_faults(R"({"op":"create","data":{},"version":1})"),
                ElementsAre("version type"));
    EXPECT_THAT(operation_faults(R"({"op":"update","data":{}})"), ElementsAre("id required"));
    EXPECT_THAT(operation_faults(R"({"op":"update","id":"7","data":{}})"),
                ElementsAre("id required"));
    EXPECT_THAT(operation_faults(R"({"op":"update","id":0,"data":{}})"),
                ElementsAre("id required"));
    EXPECT_THAT(operation_faults(R"({"op":"update","id":7,"data":{},"version":"1"})"),
                ElementsAre("version type"));
    EXPECT_THAT(operation_faults(R"({"op":"delete","id":7,"data":{}})"),
                ElementsAre("data unknown"));
    EXPECT_THAT(operation_faults(R"({"op":"delete","id":7,"force":true})"),
                ElementsAre("force unknown"));
}

detail::BatchRequest three(bool atomic) {
    return {atomic, Json::parse(R"([{"op":"create"},{"op":"update"},{"op":"delete"}])")};
}

/// Throws for an update.
Json run(const Json& operation) {
    if (operation["op"] == "update") {
        Faults faults;
        faults.add("name", "required", "is required");
        faults.raise();
    }
    return {{"op", operation["op"]}, {"status", 200}};
}

TEST(Batch, AnAtomicOneFailsWholeAndNamesThePlace) {
    FakeHost host;
    Tx tx = Db(host.abi()).begin();
    try {
        (void)detail::run_batch(tx, three(true), run);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.http_status(), 422);
        ASSERT_EQ(error.faults().size(), 1U);
        EXPECT_EQ(error.faults()[0].field, "operations/1/name");
    }
    EXPECT_EQ(host.db.count("SAVEPOINT"), 0U);
}

TEST(Batch, AnotherGivesEachOperationAResultAndASavepoint) {
    FakeHost host;
    Tx tx = Db(host.abi()).begin();

    const Json results = Json::parse(detail::run_batch(tx, three(false), run).body)["results"];

    ASSERT_EQ(results.size(), 3U);
    EXPECT_EQ(results[0]["status"], 200);
    EXPECT_EQ(results[1]["status"], 422);
    EXPECT_EQ(results[1]["op"], "update");
    EXPECT_EQ(results[1]["problem"]["errors"][0]["field"], "name");
    EXPECT_EQ(results[2]["index"], 2);
    EXPECT_EQ(host.db.count("SAVEPOINT"), 3U);
    EXPECT_EQ(host.db.count("ROLLBACK TO"), 1U);
}

TEST(Batch, EndsAtWhatConcernsTheWholeTransaction) {
    FakeHost host;
    Tx tx = Db(host.abi()).begin();
    int tried = 0;
    const auto serialization_failure = [&](const Json&) -> Json {
        ++tried;
        throw Error(EZ_CONFLICT, "could not serialize").with_sqlstate("40001");
    };
    try {
        (void)detail::run_batch(tx, three(false), serialization_failure);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.sqlstate(), "40001");
    }
    EXPECT_EQ(tried, 1);
}

TEST(Batch, AnAtomicOneStopsWhereTheDatabaseRefused) {
    FakeHost host;
    Tx tx = Db(host.abi()).begin();
    int tried = 0;
    const auto unique = [&](const Json&) -> Json {
        ++tried;
        throw Error(EZ_CONFLICT, "name: taken").with_field("name").with_sqlstate("23505");
    };
    try {
        (void)detail::run_batch(tx, three(true), unique);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.http_status(), 409);
        EXPECT_EQ(error.faults().at(0).field, "operations/0/name");
    }
    EXPECT_EQ(tried, 1);
}

TEST(Batch, EachFaultOfAnAtomicOneHasItsOwnCode) {
    FakeHost host;
    Tx tx = Db(host.abi()).begin();
    const auto refuse = [](const Json& operation) -> Json {
        if (operation["op"] == "create") throw Error(EZ_NOT_FOUND, "no such entity");
        if (operation["op"] == "update")
            throw Error(EZ_CONFLICT, "moved on").with_http(412).with_code("version_mismatch");
        throw Error(EZ_CONFLICT, "in the way");
    };
    try {
        (void)detail::run_batch(tx, three(true), refuse);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "not_found");
        ASSERT_EQ(error.faults().size(), 3U);
        EXPECT_EQ(error.faults()[0].code, "not_found");
        EXPECT_EQ(error.faults()[1].code, "version_mismatch");
        EXPECT_EQ(error.faults()[2].code, "conflict");
    }
}

TEST(Batch, AFaultOfOneOperationIsAProblemLikeAnyOther) {
    FakeHost host;
    Tx tx = Db(host.abi()).begin();
    const auto taken = [](const Json&) -> Json {
        throw Error(EZ_CONFLICT, "name: taken").with_code("unique").with_field("name");
    };

    const Json results = Json::parse(detail::run_batch(tx, three(false), taken).body)["results"];

    EXPECT_EQ(results[0]["problem"], Json::parse(R"({"type":"about:blank","title":"Conflict",
        "status":409,"code":"unique","detail":"name: taken",
        "errors":[{"field":"name","code":"unique","message":"taken"}]})"));
}

TEST(Batch, AsksTheTransactionBehindTheSavepointWhatIsInTheWay) {
    FakeHost host;
    Tx tx = Db(host.abi()).begin();
    const auto refuse = [](const Json&) -> Json {
        throw Error(EZ_CONFLICT, "raw").with_sqlstate("23505");
    };
    const auto explain = [&host](const Error& error, Tx* asked) {
        if (asked == nullptr) return Error(error.status(), "nobody to ask");
        EXPECT_THAT(host.db.statements().back().sql, ::testing::HasSubstr("ROLLBACK TO"));
        return Error(error.status(), "told");
    };

    const Json results =
        Json::parse(detail::run_batch(tx, three(false), refuse, explain).body)["results"];
    EXPECT_EQ(results[2]["problem"]["detail"], "told");
    try {
        (void)detail::run_batch(tx, three(true), refuse, explain);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.faults().at(0).message, "nobody to ask");
    }
}

TEST(Batch, ListsTheFirstHundredFaults) {
    FakeHost host;
    Tx tx = Db(host.abi()).begin();
    detail::BatchRequest batch{true, Json::array()};
    for (int i = 0; i < 150; ++i) batch.operations.push_back({{"op", "update"}});
    try {
        (void)detail::run_batch(tx, batch, run);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.faults().size(), 100U);
        EXPECT_STREQ(error.what(), "150 faults (the first 100 are listed), nothing was done");
    }
}

}  // namespace
}  // namespace ezapi
