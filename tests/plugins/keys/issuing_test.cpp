#include "issuing.hpp"

#include <gtest/gtest.h>

#include "ezapi/credential.hpp"

namespace ezapi::keys {
namespace {

const Timestamp kNow = *parse_time("2026-01-31T12:00:00Z");

Json row() {
    return {{"status", "active"},
            {"expires_at", nullptr},
            {"quota_limit", nullptr},
            {"quota_used", 0},
            {"quota_reset", "none"},
            {"quota_reset_at", nullptr}};
}

/// The stored row after `changes`.
Draft updated(const Json& before, const Json& changes) {
    Draft draft;
    draft.before = &before;
    draft.after = before;
    draft.after.update(changes);
    settle(draft, kNow);
    return draft;
}

Draft created(const Json& members) {
    Draft draft;
    draft.after = row();
    draft.after.update(members);
    settle(draft, kNow);
    return draft;
}

TEST(Issuing, TokenCarriesTheEpochOfItsMaster) {
    const Issued issued = issue_token({.id = 7, .epoch = 4});
    const std::string token = issued.reveal.at("token");
    EXPECT_TRUE(credential::well_formed("sk-", token));
    EXPECT_EQ(issued.columns.at("epoch"), 4);
    EXPECT_EQ(issued.columns.at("prefix"), token.substr(0, 8));
    EXPECT_EQ(issued.columns.at("token_hash"), sha256_hex(token));
    EXPECT_EQ(issued.columns.dump().find(token), std::string::npos);
}

TEST(Settling, ClientsSetActiveAndSuspendedOnly) {
    EXPECT_TRUE(created({{"status", "suspended"}}).faults.empty());
    EXPECT_TRUE(created({{"status", "expired"}}).faults.has("status"));
    EXPECT_TRUE(updated(row(), {{"status", "exhausted"}}).faults.has("status"));
}

TEST(Settling, StatusThatFollowsFromItsCauseMayComeBackUnchanged) {
    Json before = row();
    before.update({{"status", "expired"}, {"expires_at", "2026-01-01T00:00:00.000Z"}});
    const Draft draft = updated(before, {{"status", "expired"}});
    EXPECT_TRUE(draft.faults.empty());
    EXPECT_EQ(draft.after.at("status"), "expired");
}

TEST(Settling, TokenIsNotCreatedExpired) {
    EXPECT_TRUE(created({{"expires_at", "2026-01-31T12:00:00.000Z"}}).faults.has("expires_at"));
    EXPECT_TRUE(created({{"expires_at", "2026-01-31T12:00:00.001Z"}}).faults.empty());
}

TEST(Settling, TokenCanBeExpiredByHand) {
    const Draft draft = updated(row(), {{"expires_at", "2026-01-31T11:00:00.000Z"}});
    EXPECT_TRUE(draft.faults.empty());
    EXPECT_EQ(draft.after.at("status"), "expired");
}

TEST(Settling, LaterExpiryRevives) {
    Json before = row();
    before.update({{"status", "expired"}, {"expires_at", "2026-01-01T00:00:00.000Z"}});
    EXPECT_EQ(updated(before, {{"expires_at", "2026-03-01T00:00:00.000Z"}}).after.at("status"),
              "active");
    EXPECT_EQ(updated(before, {{"expires_at", nullptr}}).after.at("status"), "active");
    EXPECT_EQ(updated(before, {{"status", "active"}}).after.at("status"), "expired");
}

TEST(Settling, QuotaExhaustsAndReleases) {
    Json before = row();
    before.update({{"quota_limit", 100}, {"quota_used", 60}});
    EXPECT_EQ(updated(before, {{"quota_limit", 60}}).after.at("status"), "exhausted");
    before["status"] = "exhausted";
    EXPECT_EQ(updated(before, {{"quota_limit", 61}}).after.at("status"), "active");
    EXPECT_EQ(updated(before, {{"quota_limit", nullptr}}).after.at("status"), "active");
}

TEST(Settling, SuspensionStays) {
    Json before = row();
    before.update({{"status", "suspended"}, {"quota_limit", 1}, {"quota_used", 5}});
    EXPECT_EQ(updated(before, {{"quota_limit", 2}}).after.at("status"), "suspended");
}

TEST(Settling, ResetTimeFollowsThePeriod) {
    EXPECT_EQ(created({{"quota_reset", "monthly"}}).after.at("quota_reset_at"),
              "2026-02-01T00:00:00.000Z");
    Json before = row();
    before.update({{"quota_reset", "daily"}, {"quota_reset_at", "2026-02-01T00:00:00.000Z"}});
    EXPECT_EQ(updated(before, {{"quota_reset", "none"}}).after.at("quota_reset_at"), nullptr);
    EXPECT_EQ(updated(before, {{"quota_limit", 5}}).after.at("quota_reset_at"),
              "2026-02-01T00:00:00.000Z");
}

}  // namespace
}  // namespace ezapi::keys
