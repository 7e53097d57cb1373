#include <gmock/gmock.h>

#include "tokens_fixture.hpp"

namespace ezapi::tests {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;
using ::testing::UnorderedElementsAre;

class Rotation : public TokensFixture {
protected:
    static json rotate(const json& of, const json& key, const json& body) {
        const HttpAnswer answer = admin().post(path(of, key) + "/rotate", body);
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_EQ(answer.header("etag"), "\"" + answer.json().at("version").dump() + "\"");
        return answer.json();
    }

    static std::int64_t seconds(const json& entity) {
        return std::stoll(entity.at("expires_at").get<std::string>());
    }
};

TEST_F(Rotation, WithoutGraceTheOldTokenEndsAtOnce) {
    const json of = master();
    const json key = issue(of, {{"qps_limit", 3}});
    touched();
    const json rotated = rotate(of, key, {{"grace_seconds", 0}});
    EXPECT_EQ(rotated.at("id"), key.at("id"));
    EXPECT_EQ(rotated.at("qps_limit"), 3);
    EXPECT_EQ(rotated.at("prefix"), rotated.at("token").get<std::string>().substr(0, 8));
    EXPECT_NE(rotated.at("token"), key.at("token"));
    EXPECT_THAT(touched(), UnorderedElementsAre(hash(key), hash(rotated)));
    EXPECT_TRUE(rendered(hash(key)).is_null());
    EXPECT_EQ(rendered(hash(rotated)).at("status"), "active");
    EXPECT_FALSE(read(of, key).contains("token"));
}

TEST_F(Rotation, BodyMayBeEmptyAndMeansNoGrace) {
    const json of = master();
    const json key = issue(of);
    EXPECT_EQ(admin().send("POST", path(of, key) + "/rotate").status, 200);
    EXPECT_TRUE(rendered(hash(key)).is_null());
}

TEST_F(Rotation, GraceLetsTheOldTokenLiveOnForAWhile) {
    const json of = master();
    const json key = issue(of);
    const json rotated = rotate(of, key, {{"grace_seconds", 3600}});
    const json old = rendered(hash(key));
    EXPECT_EQ(old.at("status"), "active");
    EXPECT_EQ(old.at("id"), key.at("id").dump());
    const std::int64_t now = std::stoll(sql("SELECT floor(extract(epoch FROM now()))::bigint"));
    EXPECT_THAT(seconds(old), AllOf(Ge(now + 3500), Le(now + 3600)));
    EXPECT_FALSE(rendered(hash(rotated)).contains("expires_at"));
}

TEST_F(Rotation, GraceDoesNotOutliveTheTokensOwnEnd) {
    const json of = master();
    const json key = issue(of, {{"expires_at", "2100-01-01T00:00:00Z"}});
    rotate(of, key, {{"grace_seconds", 60}});
    admin().patch(path(of, key), {{"expires_at", "2001-01-01T00:00:00Z"}});
    EXPECT_EQ(seconds(rendered(hash(key))), 978307200);
    EXPECT_EQ(rendered(hash(key)).at("status"), "expired");
}

TEST_F(Rotation, NextRotationCutsTheGraceOfTheOneBefore) {
    const json of = master();
    const json first = issue(of);
    const json second = rotate(of, first, {{"grace_seconds", 3600}});
    const json third = rotate(of, second, {{"grace_seconds", 60}});
    EXPECT_EQ(seconds(rendered(hash(first))), seconds(rendered(hash(second))));
    touched();
    rotate(of, third, {{"grace_seconds", 0}});
    EXPECT_EQ(touched().size(), 4U);
    for (const json& old : {first, second, third}) EXPECT_TRUE(rendered(hash(old)).is_null());
}

/// In the data plane each of them has the key's full rate, so their number must be limited.
TEST_F(Rotation, TwoTokensAtMostAreInTheirGrace) {
    const json of = master();
    std::vector<json> tokens{issue(of)};
    for (int i = 0; i < 6; ++i) {
        touched();
        tokens.push_back(rotate(of, tokens.back(), {{"grace_seconds", 3600}}));
        for (size_t at = 0; at < tokens.size(); ++at) {
            const bool lives = at + 3 >= tokens.size();
            EXPECT_EQ(rendered(hash(tokens[at])).is_null(), !lives) << i << " " << at;
        }
        EXPECT_LE(touched().size(), 4U);
    }
}

TEST_F(Rotation, SuspendingReachesTheTokenInItsGrace) {
    const json of = master();
    const json key = issue(of);
    const json rotated = rotate(of, key, {{"grace_seconds", 3600}});
    touched();
    admin().patch(path(of, key), {{"status", "suspended"}});
    EXPECT_THAT(touched(), UnorderedElementsAre(hash(key), hash(rotated)));
    EXPECT_EQ(rendered(hash(key)).at("status"), "suspended");
    admin().remove(path(of, key));
    EXPECT_THAT(touched(), UnorderedElementsAre(hash(key), hash(rotated)));
    EXPECT_TRUE(rendered(hash(key)).is_null());
}

TEST_F(Rotation, RevokedTokenDoesNotComeBackInItsGrace) {
    const json of = master();
    const json key = issue(of);
    manage(of, "revoke-tokens");
    const json rotated = rotate(of, key, {{"grace_seconds", 3600}});
    EXPECT_EQ(rotated.at("epoch"), 2);
    EXPECT_EQ(rendered(hash(rotated)).at("status"), "active");
    EXPECT_EQ(rendered(hash(key)).at("status"), "suspended");
}

TEST_F(Rotation, BodiesAreStrict) {
    const json of = master();
    const json key = issue(of);
    const auto sent = [&](const json& body) {
        return faults(admin().post(path(of, key) + "/rotate", body));
    };
    EXPECT_THAT(sent({{"grace_seconds", -1}}), ElementsAre("grace_seconds"));
    EXPECT_THAT(sent({{"grace_seconds", "60"}}), ElementsAre("grace_seconds"));
    EXPECT_THAT(sent({{"grace_seconds", 1.5}}), ElementsAre("grace_seconds"));
    EXPECT_THAT(sent({{"grace_seconds", 99999999999}}), ElementsAre("grace_seconds"));
    EXPECT_THAT(sent({{"grace", 60}}), ElementsAre("grace"));
    EXPECT_EQ(read(of, key).at("version"), 1);
}

TEST_F(Rotation, RepeatWithAnIdempotencyKeyRotatesOnce) {
    const json of = master();
    const json key = issue(of);
    const Headers once{{"Idempotency-Key", "rotate-" + key.at("id").dump()}};
    const std::string target = path(of, key) + "/rotate";
    const HttpAnswer first = admin().post(target, {{"grace_seconds", 5}}, once);
    EXPECT_EQ(admin().post(target, {{"grace_seconds", 5}}, once).json(), first.json());
    EXPECT_EQ(read(of, key).at("version"), 2);
}

}  // namespace
}  // namespace ezapi::tests
