// Older plugins in a host whose structs and tables all have one more member.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ezapi/fake_host.hpp"

namespace {

using namespace ezapi;

class GrownHost : public testing::TestWithParam<const char*> {};

TEST_P(GrownHost, RunsAPluginThatKnowsLess) {
    const std::string file = std::string(PROBES) + "/" + GetParam() + ".so";
    void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << ::dlerror();
    const auto* plugin = static_cast<const ez_plugin*>(::dlsym(library, "ezapi_plugin_v1"));
    ASSERT_NE(plugin, nullptr);
    ASSERT_LT(plugin->size, sizeof(ez_plugin)) << "the header of this test has grown";

    FakeHost host;
    host.db.answer = [](const fake::Statement&) { return fake::Answer{.rows = {{"21"}}}; };
    host.redis.answer = [](const Words&) { return fake::RedisValue::bulk("PONG"); };
    host.start(*plugin);
    host.jobs.run("tick");
    const fake::HttpReply reply =
        host.http.call({"GET", "/" + std::string(GetParam()) + "/you", {}, {{"X-Word", "yes"}}});
    EXPECT_EQ(reply.status, 200) << reply.body;
    const Json answer = reply.json();
    EXPECT_EQ(answer.at("name"), "you");
    EXPECT_EQ(answer.at("row"), 21);
    EXPECT_EQ(answer.at("columns"), 1);
    EXPECT_EQ(answer.at("redis"), "PONG");
    EXPECT_EQ(answer.at("changes"), "1 2 ");
    EXPECT_EQ(answer.at("caller"), EZ_PUBLIC);
    EXPECT_EQ(answer.at("origin"), "GET");
    EXPECT_EQ(answer.at("rendered"), "a b ");
    EXPECT_EQ(answer.at("projections"), 1);
    EXPECT_EQ(answer.at("runs"), 1);
    host.stop();
    ::dlclose(library);
}

INSTANTIATE_TEST_SUITE_P(Of,
                         GrownHost,
                         testing::Values("probe", "probe-then"),
                         [](const auto& name) {
                             return std::string(name.param) == "probe" ? "Now" : "Then";
                         });

}  // namespace
