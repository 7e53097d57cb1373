#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "ezapi/error.hpp"
#include "host/modules/library.hpp"

namespace {

using namespace ezapi;
using namespace ezapi::host::modules;
using testing::HasSubstr;

ez_status start(const ez_host*, void**, ez_error*) noexcept {
    return EZ_OK;
}

void stop(void*) noexcept {}

ez_plugin sound() {
    return {sizeof(ez_plugin),
            EZ_ABI_MAJOR,
            EZ_ABI_MINOR,
            "hello",
            "1.0.0",
            nullptr,
            nullptr,
            nullptr,
            start,
            stop};
}

std::string judge(const std::function<void(ez_plugin&)>& spoil) {
    ez_plugin plugin = sound();
    spoil(plugin);
    try {
        static_cast<void>(judge_descriptor(plugin, "hello"));
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

TEST(Descriptor, IsAcceptedWhenSound) {
    EXPECT_EQ(judge([](ez_plugin&) {}), "accepted");
    EXPECT_EQ(judge([](ez_plugin& plugin) { plugin.version = "0.1.0-rc.1"; }), "accepted");
    EXPECT_EQ(judge([](ez_plugin& plugin) { plugin.size += 64; }), "accepted")
        << "a newer patch may be longer";
}

TEST(Descriptor, IsRefusedWithExpectedAndFound) {
    EXPECT_THAT(judge([](ez_plugin& plugin) { plugin.size = 8; }),
                HasSubstr("descriptor of 8 bytes, expected at least"));
    EXPECT_THAT(judge([](ez_plugin& plugin) { plugin.abi_major = 2; }),
                HasSubstr("is built for ABI major 2, this host offers 1"));
    EXPECT_THAT(
        judge([](ez_plugin& plugin) { plugin.abi_minor = 99; }),
        HasSubstr("is built with SDK 1.99, this host offers 1.0: upgrade the host or rebuild"));
    EXPECT_THAT(judge([](ez_plugin& plugin) { plugin.name = nullptr; }), HasSubstr("bad name"));
    EXPECT_THAT(judge([](ez_plugin& plugin) { plugin.name = "Hello"; }),
                HasSubstr("found 'Hello'"));
    EXPECT_THAT(judge([](ez_plugin& plugin) { plugin.name = "other"; }),
                HasSubstr("calls itself 'other', but its file is hello.so"));
    for (const char* version : {"", "1", "1.0", "1.0.x", "v1.0.0", "1.0.0-", "1.0.0 beta"}) {
        EXPECT_THAT(judge([&](ez_plugin& plugin) { plugin.version = version; }),
                    HasSubstr("bad version: expected MAJOR.MINOR.PATCH"));
    }
    EXPECT_THAT(judge([](ez_plugin& plugin) { plugin.start = nullptr; }), HasSubstr("no start"));
    static const char* const itself[] = {"hello", nullptr};
    EXPECT_THAT(judge([](ez_plugin& plugin) { plugin.after = itself; }), HasSubstr("names itself"));
    static const char* const nonsense[] = {"../x", nullptr};
    EXPECT_THAT(judge([](ez_plugin& plugin) { plugin.depends_on = nonsense; }),
                HasSubstr("cannot exist: '../x'"));
}

TEST(PluginName, IsShortAndPlain) {
    EXPECT_TRUE(is_plugin_name("provider-groups"));
    EXPECT_TRUE(is_plugin_name("a" + std::string(62, '9')));
    for (const std::string name : {"", "9a", "-a", "A", "a_b", "a/b", "a.b"})
        EXPECT_FALSE(is_plugin_name(name)) << name;
    EXPECT_FALSE(is_plugin_name(std::string(64, 'a')));
}

}  // namespace
