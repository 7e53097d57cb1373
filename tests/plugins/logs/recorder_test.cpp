#include "audit/recorder.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "ezapi/json.hpp"

namespace ezapi::logs {
namespace {

ez_change change(std::int32_t action,
                 std::string_view id,
                 std::string_view before,
                 std::string_view after) {
    return {sizeof(ez_change), action, str("masters"), str(id), str(before), str(after)};
}

TEST(Recorder, TellsActionAndBothStatesOfEachChange) {
    const std::vector<ez_change> changes{change(EZ_CREATED, "1", "", R"({"name":"a"})"),
                                         change(EZ_UPDATED, "2", R"({"n":1})", R"({"n":2})"),
                                         change(EZ_DELETED, "3", R"({"n":3})", "")};

    const Json operations = Json::parse(operations_json(changes));

    EXPECT_EQ(operations, Json::parse(R"([
        {"action":"create","resource":"masters","resource_id":"1","before":null,"after":{"name":"a"}},
        {"action":"update","resource":"masters","resource_id":"2","before":{"n":1},"after":{"n":2}},
        {"action":"delete","resource":"masters","resource_id":"3","before":{"n":3},"after":null}])"));
}

TEST(Recorder, WritesNothingForEntitiesThatWereOnlyTouched) {
    const std::vector<ez_change> changes{change(EZ_TOUCHED, "1", "", "")};

    EXPECT_EQ(operations_json(changes), "");
}

TEST(Recorder, DropsACredentialThatItsOwnerForgotToMask) {
    const std::vector<ez_change> changes{
        change(EZ_CREATED, "1", "", R"({"name":"a","api_key":"sk-live-123"})")};

    EXPECT_EQ(operations_json(changes).find("sk-live-123"), std::string::npos);
}

}  // namespace
}  // namespace ezapi::logs
