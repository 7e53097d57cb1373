#include "host/changes/bus.hpp"

#include <atomic>
#include <future>

#include "host/api/tables.hpp"
#include "host/modules/context.hpp"
#include "tests/host/db/database_test.hpp"

namespace ezapi::host::changes {
namespace {

using db::Change;
using testing::ElementsAre;
using testing::HasSubstr;

/// A subscriber as a lambda.
using Body = std::function<void(ez_tx*, std::vector<std::string> told)>;

ez_status call_body(
    void* user, ez_tx* tx, const ez_change* changes, size_t count, ez_error* error) noexcept {
    return guard(error, [&] {
        std::vector<std::string> told;
        for (size_t i = 0; i < count; ++i) {
            told.push_back(std::string(view(changes[i].resource)) + "/" +
                           std::string(view(changes[i].id)));
        }
        (*static_cast<Body*>(user))(tx, std::move(told));
    });
}

class BusTest : public db::DatabaseTest {
protected:
    void SetUp() override {
        hook_ = &bus_;
        DatabaseTest::SetUp();
        if (!IsSkipped()) query("CREATE TABLE seen (a text)");
    }

    void on(const std::string& owner, const std::string& resource, int32_t phase, Body body) {
        bus_.subscribe(
            owner, resource, phase, call_body, new Body(std::move(body)), [](void* user) noexcept {
                delete static_cast<Body*>(user);
            });
    }

    static void touch(ez_tx* tx, const std::string& resource, const std::string& id) {
        db::from_handle(tx).changed({EZ_TOUCHED, resource, id, {}, {}});
    }

    std::unique_ptr<db::Transaction> change(const std::string& resource,
                                            const std::string& id,
                                            int32_t action = EZ_UPDATED) {
        auto tx = pools_->begin("main");
        tx->changed({action, resource, id, {}, {}});
        return tx;
    }

    Bus bus_;
    std::vector<std::string> told_;
};

TEST_F(BusTest, DerivesUntilNothingIsNewAndThenRecordsOnce) {
    int rounds = 0;
    on("models", "groups", EZ_DERIVE, [&](ez_tx* tx, auto) { ++rounds, touch(tx, "models", "m"); });
    on("bindings", "models", EZ_DERIVE, [&](ez_tx* tx, auto) {
        touch(tx, "bindings", "b");
        touch(tx, "groups", "g");  // comes back to where it began
    });
    int records = 0;
    on("sync", "*", EZ_RECORD, [&](ez_tx*, auto told) { ++records, told_ = told; });
    for (const char* owner : {"models", "bindings", "sync"}) bus_.activate(owner);
    change("groups", "g")->commit();
    EXPECT_EQ(rounds, 1);
    EXPECT_EQ(records, 1);
    EXPECT_THAT(told_, ElementsAre("groups/g", "models/m", "bindings/b"));
}

TEST_F(BusTest, EndsSubscribersThatFeedEachOtherForEver) {
    int counter = 0;
    on("a", "*", EZ_DERIVE, [&](ez_tx* tx, auto) { touch(tx, "x", std::to_string(++counter)); });
    bus_.activate("a");
    const Error error = error_of_call([&] { change("x", "0")->commit(); });
    EXPECT_EQ(error.status(), EZ_INTERNAL);
    EXPECT_EQ(counter, kMaxRounds);
}

TEST_F(BusTest, AChangeThatNoAuditorSeesIsUnaudited) {
    std::vector<std::string> unaudited;
    bus_.when_unaudited([&](db::Transaction& tx, const std::vector<Change>& changes) {
        for (const Change& each : changes)
            unaudited.push_back(each.resource + "/" + each.id + "@" +
                                std::to_string(tx.revision()));
    });
    on("sync", "*", EZ_RECORD, [&](ez_tx* tx, auto) { db::from_handle(tx).set_revision(7); });
    on("part", "other", EZ_AUDIT, [](ez_tx*, auto) {});  // not all changes
    bus_.activate("sync");
    bus_.activate("part");
    change("groups", "g")->commit();
    EXPECT_THAT(unaudited, ElementsAre("groups/g@7"));
    EXPECT_TRUE(bus_.auditors().empty());

    std::vector<int64_t> audited;
    on("logs", "*", EZ_AUDIT, [&](ez_tx* tx, auto) {
        audited.push_back(db::from_handle(tx).revision());
    });
    bus_.activate("logs");
    EXPECT_THAT(bus_.auditors(), ElementsAre("logs"));
    change("groups", "h")->commit();
    EXPECT_THAT(audited, ElementsAre(7)) << "after the phase EZ_RECORD";
    EXPECT_EQ(unaudited.size(), 1U);

    bus_.retire("logs", std::chrono::steady_clock::now() + std::chrono::seconds(5));
    change("groups", "i")->commit();
    EXPECT_EQ(unaudited.size(), 2U);
    bus_.begin_switch();
    change("groups", "j")->commit();
    EXPECT_EQ(unaudited.size(), 3U) << "there was none to come back";
    bus_.end_switch();
}

TEST_F(BusTest, NoChangeMissesAnAuditorThatIsSwitched) {
    int unaudited = 0;
    bus_.when_unaudited([&](auto&, auto&) { ++unaudited; });
    int audited = 0;
    const auto start = [&] {
        on("logs", "*", EZ_AUDIT, [&](auto...) { ++audited; });
        bus_.activate("logs");
    };
    const auto status_of_a_change = [&](int32_t action = EZ_UPDATED) -> ez_status {
        try {
            change("groups", "g", action)->commit();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), "audit_away");
            return error.status();
        }
        return EZ_OK;
    };
    start();
    bus_.begin_switch();
    EXPECT_EQ(status_of_a_change(), EZ_OK);
    EXPECT_EQ(audited, 1);
    bus_.retire("logs", std::chrono::steady_clock::now() + std::chrono::seconds(5));
    bus_.discard("logs");
    EXPECT_EQ(status_of_a_change(), EZ_UNAVAILABLE);
    EXPECT_EQ(status_of_a_change(EZ_TOUCHED), EZ_OK) << "nothing changed";
    start();
    EXPECT_EQ(status_of_a_change(), EZ_OK);
    EXPECT_EQ(audited, 2);
    bus_.end_switch();
    bus_.retire("logs", std::chrono::steady_clock::now() + std::chrono::seconds(5));
    unaudited = 0;
    EXPECT_EQ(status_of_a_change(), EZ_OK) << "it was switched off";
    EXPECT_EQ(unaudited, 1);
}

TEST_F(BusTest, WritesOfSubscribersAreInTheSameTransaction) {
    on("sync", "*", EZ_RECORD, [&](ez_tx* tx, auto) {
        db::from_handle(tx).query("INSERT INTO seen VALUES ('x')");
        db::from_handle(tx).set_revision(9);
    });
    bus_.activate("sync");
    const db::CallScope scope(db::Origin{});
    change("groups", "g").reset();
    EXPECT_EQ(number("SELECT count(*) FROM seen"), 0);
    change("groups", "g")->commit();
    EXPECT_EQ(number("SELECT count(*) FROM seen"), 1);
    EXPECT_EQ(db::CallScope::current()->revision, 9);
}

TEST_F(BusTest, AFailingSubscriberAbortsTheTransaction) {
    on("audit", "*", EZ_RECORD, [&](ez_tx*, auto) { throw Error(EZ_DENIED, "not like this"); });
    bus_.activate("audit");
    auto tx = change("groups", "g");
    tx->query("INSERT INTO seen VALUES ('x')");
    int outcome = 7;
    tx->after([&](int committed) { outcome = committed; });
    EXPECT_EQ(error_of_call([&] { tx->commit(); }).status(), EZ_DENIED);
    EXPECT_EQ(outcome, 0);
    EXPECT_EQ(number("SELECT count(*) FROM seen"), 0);
}

TEST_F(BusTest, ASubscriberThatHidesAFailedStatementDoesNotGetACommit) {
    on("audit", "*", EZ_RECORD, [&](ez_tx* tx, auto) {
        EXPECT_THROW(db::from_handle(tx).query("SELECT 1/0"), Error);
    });
    bus_.activate("audit");
    EXPECT_EQ(error_of_call([&] { change("groups", "g")->commit(); }).sqlstate(), "22012");
}

TEST_F(BusTest, SubscribersMayNotEndTheTransaction) {
    ez_status status = EZ_OK;
    on("audit", "*", EZ_DERIVE, [&](ez_tx* tx, auto) {
        ez_error error{};
        status = api::kDb.commit(tx, &error);
    });
    bus_.activate("audit");
    change("groups", "g")->commit();
    EXPECT_EQ(status, EZ_INTERNAL);
    on("rude", "*", EZ_DERIVE, [&](ez_tx* tx, auto) { api::kDb.rollback(tx); });
    bus_.activate("rude");
    EXPECT_EQ(error_of_call([&] { change("groups", "g")->commit(); }).code(), "aborted");
}

TEST_F(BusTest, TheLastPhaseRecordsNoChanges) {
    on("sync", "*", EZ_RECORD, [&](ez_tx* tx, auto) { touch(tx, "late", "1"); });
    bus_.activate("sync");
    EXPECT_THAT(error_of_call([&] { change("groups", "g")->commit(); }).what(),
                HasSubstr("late 1"));
}

TEST_F(BusTest, CallsOnlyWhoIsActiveAndConcerned) {
    on("sync", "groups", EZ_RECORD, [&](ez_tx*, auto told) { told_ = told; });
    change("groups", "early")->commit();
    EXPECT_TRUE(told_.empty()) << "staged only";
    bus_.activate("sync");
    change("models", "m")->commit();
    EXPECT_TRUE(told_.empty()) << "another resource";
    change("groups", "g")->commit();
    EXPECT_THAT(told_, ElementsAre("groups/g"));
    told_.clear();
    EXPECT_TRUE(bus_.retire("sync", std::chrono::steady_clock::now()));
    change("groups", "late")->commit();
    EXPECT_TRUE(told_.empty()) << "retired";
}

TEST_F(BusTest, RetireWaitsForTheCommitInFlight) {
    using namespace std::chrono_literals;
    std::promise<void> entered;
    std::promise<void> leave;
    on("sync", "*", EZ_RECORD, [&](ez_tx*, auto) {
        entered.set_value();
        leave.get_future().wait();
    });
    bus_.activate("sync");
    auto commit = std::async(std::launch::async, [&] { change("groups", "g")->commit(); });
    entered.get_future().wait();
    EXPECT_FALSE(bus_.retire("sync", std::chrono::steady_clock::now() + 20ms));
    leave.set_value();
    EXPECT_TRUE(bus_.retire("sync", std::chrono::steady_clock::now() + 5s));
    commit.get();
}

TEST_F(BusTest, TakesChangesAndTellsTheOriginThroughTheAbi) {
    on("sync", "*", EZ_RECORD, [&](ez_tx* tx, auto told) {
        ez_origin origin{};
        origin.size = sizeof origin;
        api::kChanges.origin(tx, &origin);
        told.push_back(std::string(origin.identity->name));
        told_ = told;
    });
    bus_.activate("sync");
    auto tx = pools_->begin("main", nullptr, "masters");
    const ez_change changes[]{
        {sizeof(ez_change), EZ_CREATED, str("masters"), str("1"), str(""), str("{}")},
        {sizeof(ez_change), EZ_UPDATED, str("masters"), str("2"), str(""), str("{}")}};
    ez_error error{};
    ASSERT_EQ(api::kChanges.changed(db::to_handle(*tx), changes, 2, &error), EZ_OK);
    const ez_change wrong{sizeof(ez_change), 9, str("masters"), str("1"), str(""), str("")};
    EXPECT_EQ(api::kChanges.changed(db::to_handle(*tx), &wrong, 1, &error), EZ_INVALID);
    tx->commit();
    EXPECT_THAT(told_, ElementsAre("masters/1", "masters/2", "masters"));
}

}  // namespace
}  // namespace ezapi::host::changes
