#include "host/modules/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "ezapi/error.hpp"
#include "host/api/tables.hpp"
#include "host/modules/services.hpp"
#include "host/telemetry/log.hpp"

namespace {

using namespace ezapi;
using namespace ezapi::host::modules;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A component in which a plugin can be kept busy.
class FakeRegistry final : public Registry {
public:
    void activate(std::string_view owner) override {
        calls.push_back("activate " + std::string(owner));
        if (on_activate) on_activate(owner);
    }

    bool retire(std::string_view owner, std::chrono::steady_clock::time_point) override {
        calls.push_back("retire " + std::string(owner));
        return owner != busy;
    }

    void discard(std::string_view owner) override {
        calls.push_back("discard " + std::string(owner));
    }

    std::string busy;
    std::vector<std::string> calls;
    std::function<void(std::string_view)> on_activate;
};

class LoaderTest : public testing::Test {
protected:
    LoaderTest() {
        host::telemetry::set_sink([this](std::string_view line) {
            const size_t message = line.find("Z ");
            lines_.emplace_back(line.substr(message + 8));
        });
        components_.services = &services_;
    }

    ~LoaderTest() override { host::telemetry::set_sink({}); }

    LoaderOptions options() {
        return {{directory_}, [this](const Library& library) -> std::string {
                    if (library.name() == unusable_) throw Error(EZ_INVALID, "settings are wrong");
                    return "{\"of\":\"" + library.name() + "\"}";
                }};
    }

    Attachment attachment() {
        Attachment host;
        host.components = &components_;
        host.tables.size = sizeof(ez_host);
        host.tables.log = &ezapi::host::api::kLog;
        host.tables.config = &ezapi::host::api::kConfig;
        host.tables.services = &ezapi::host::api::kServices;
        host.services = &services_;
        host.registries = {&registry_, &services_};
        host.migrate = [this](const std::string& plugin) { migrated_.push_back(plugin); };
        return host;
    }

    Loader& open(const std::vector<std::string>& names) {
        std::map<std::string, Wish, std::less<>> wishes;
        for (const std::string& name : names) wishes[name] = {true, true};
        loader_ = std::make_unique<Loader>(options());
        loader_->open(wishes, /*all_when_unnamed=*/false);
        return *loader_;
    }

    Loader& start(const std::vector<std::string>& names) {
        open(names).attach(attachment());
        loader_->start();
        return *loader_;
    }

    PluginReport report(std::string_view name) const {
        for (const PluginReport& line : loader_->report()) {
            if (line.name == name) return line;
        }
        return {};
    }

    std::string failure(const std::string& name) {
        start({name});
        EXPECT_EQ(report(name).state, State::kFailed) << name;
        return report(name).error;
    }

    std::string directory_ = FIXTURES;
    std::string unusable_;
    Services services_;
    FakeRegistry registry_;
    host::Components components_;
    std::vector<std::string> lines_;
    std::vector<std::string> migrated_;
    std::unique_ptr<Loader> loader_;
};

TEST_F(LoaderTest, StartsAPluginWithItsSettings) {
    start({"alone"});
    const PluginReport plugin = report("alone");
    EXPECT_EQ(plugin.state, State::kRunning);
    EXPECT_EQ(plugin.version, "1.2.3");
    EXPECT_EQ(plugin.abi, "1.0");
    EXPECT_EQ(plugin.file, std::string(FIXTURES) + "/alone.so");
    EXPECT_THAT(
        lines_,
        ElementsAre(
            "alone: {\"of\":\"alone\"}", "alone: starts", "plugins: plugin alone 1.2.3 runs"));
    EXPECT_THAT(registry_.calls, ElementsAre("activate alone"));
}

TEST_F(LoaderTest, DoesNotEvenOpenADisabledPlugin) {
    start({"alone"});
    EXPECT_EQ(report("provider").state, State::kDisabled);
    EXPECT_EQ(report("provider").version, "");
}

TEST_F(LoaderTest, StartsProvidersFirstAndStopsThemLast) {
    start({"consumer", "provider"});
    lines_.clear();
    registry_.calls.clear();
    EXPECT_TRUE(loader_->stop());
    EXPECT_THAT(lines_,
                ElementsAre("consumer: stops",
                            "plugins: plugin consumer stopped",
                            "provider: stops",
                            "plugins: plugin provider stopped"));
    EXPECT_THAT(
        registry_.calls,
        ElementsAre("retire consumer", "discard consumer", "retire provider", "discard provider"));
}

TEST_F(LoaderTest, NothingRunsBeforeTheSubscribersOfAllThatStartWithIt) {
    std::vector<std::string> order;
    FakeRegistry jobs;
    FakeRegistry subscribers;
    jobs.on_activate = [&](std::string_view owner) {
        order.push_back("jobs " + std::string(owner));
    };
    subscribers.on_activate = [&](std::string_view owner) {
        order.push_back("subscribers " + std::string(owner));
    };
    Attachment host = attachment();
    host.registries = {&jobs, &subscribers, &services_};
    open({"consumer", "provider"}).attach(std::move(host));
    loader_->start();
    EXPECT_THAT(
        order,
        ElementsAre(
            "subscribers provider", "subscribers consumer", "jobs provider", "jobs consumer"));
}

TEST_F(LoaderTest, EnablesWhatItFindsWhenThereIsNoConfiguration) {
    loader_ = std::make_unique<Loader>(options());
    loader_->open({{"provider", {false, true}}}, /*all_when_unnamed=*/true);
    EXPECT_EQ(report("provider").version, "");
    EXPECT_EQ(report("alone").version, "1.2.3");
}

TEST_F(LoaderTest, RefusesEachUnsoundFileWithItsOwnSentence) {
    EXPECT_THAT(failure("no-symbol"), HasSubstr("exports no symbol ezapi_plugin_v1: not a plugin"));
    EXPECT_THAT(failure("undefined-symbol"),
                HasSubstr("cannot be loaded: undefined symbol: host_internal"));
    EXPECT_THAT(failure("short-descriptor"), HasSubstr("descriptor of 8 bytes"));
    EXPECT_THAT(failure("wrong-major"), HasSubstr("is built for ABI major 7, this host offers 1"));
    EXPECT_THAT(failure("newer-minor"), HasSubstr("is built with SDK 1.99, this host offers 1.0"));
    EXPECT_THAT(failure("misnamed"),
                HasSubstr("calls itself 'somebody-else', but its file is misnamed.so"));
    EXPECT_THAT(failure("bad-version"), HasSubstr("bad version"));
    EXPECT_THAT(failure("no-start"), HasSubstr("no start"));
    EXPECT_THAT(failure("nobody"), HasSubstr("there is no nobody.so in " FIXTURES));
    EXPECT_THAT(failure("Nobody"), HasSubstr("bad name"));
}

TEST_F(LoaderTest, NamesTheFileThatItRefuses) {
    EXPECT_THAT(failure("wrong-major"),
                testing::StartsWith(std::string(FIXTURES) + "/wrong-major.so is built"));
}

TEST_F(LoaderTest, ReportsThePluginsOwnWordsWhenItsStartFails) {
    EXPECT_EQ(failure("start-fails"), "failed to start: config key 'url' is missing");
    EXPECT_EQ(failure("start-fails-silently"), "failed to start: it gave no reason");
    EXPECT_THAT(registry_.calls, testing::Contains("discard start-fails"));
}

TEST_F(LoaderTest, RefusesAPluginWhoseSettingsAreWrong) {
    unusable_ = "alone";
    EXPECT_THAT(failure("alone"), HasSubstr("settings are wrong"));
}

TEST_F(LoaderTest, FailsADependantTogetherWithItsProvider) {
    EXPECT_EQ(failure("needs-missing"), "needs plugin nobody, which is not there");
    EXPECT_EQ(failure("consumer"), "needs plugin provider, which is not enabled");
    start({"start-fails", "needs-failed"});
    EXPECT_EQ(
        report("needs-failed").error,
        "needs plugin start-fails, which failed: failed to start: config key 'url' is missing");
}

TEST_F(LoaderTest, NamesTheMembersOfACycle) {
    start({"cycle-a", "cycle-b", "behind-cycle", "alone"});
    EXPECT_EQ(report("cycle-a").error,
              "is part of a dependency cycle: cycle-a -> cycle-b -> cycle-a");
    EXPECT_EQ(report("cycle-b").error, report("cycle-a").error);
    EXPECT_THAT(report("behind-cycle").error, HasSubstr("needs plugin cycle-a, which failed"));
    EXPECT_EQ(report("alone").state, State::kRunning);
}

TEST_F(LoaderTest, RefusesAServiceOfAProviderThatIsNotDeclared) {
    start({"alone", "provider", "undeclared"});
    EXPECT_THAT(report("undeclared").error,
                HasSubstr("service 'things/1': is provided by provider: name it in depends_on"));
}

TEST_F(LoaderTest, ListsEveryFailureAndTellsRequiredOnesFromOthers) {
    loader_ = std::make_unique<Loader>(options());
    loader_->open({{"wrong-major", {true, true}},
                   {"newer-minor", {true, true}},
                   {"no-symbol", {true, false}}},
                  false);
    EXPECT_EQ(loader_->failures(/*required=*/true).size(), 2U);
    EXPECT_THAT(loader_->failures(/*required=*/false),
                ElementsAre(HasSubstr("plugin no-symbol: ")));
    EXPECT_FALSE(loader_->all_opened());
}

TEST_F(LoaderTest, RefusesAFileThatOthersCanWrite) {
    std::string name = testing::TempDir() + "ezapi-plugins-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    std::filesystem::copy(std::string(FIXTURES) + "/alone.so", directory_ + "/alone.so");
    ::chmod((directory_ + "/alone.so").c_str(), 0777);
    EXPECT_THAT(failure("alone"), HasSubstr("alone.so is writable by everybody"));
    ::chmod((directory_ + "/alone.so").c_str(), 0755);
    ::chmod(directory_.c_str(), 0777);
    EXPECT_THAT(
        failure("alone"),
        AllOf(HasSubstr("lies in " + directory_), HasSubstr("which is writable by everybody")));
    std::filesystem::remove_all(directory_);
}

TEST_F(LoaderTest, RefusesALinkThatOthersCanReplace) {
    std::string name = testing::TempDir() + "ezapi-plugins-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    std::filesystem::create_symlink(std::string(FIXTURES) + "/alone.so", directory_ + "/alone.so");
    start({"alone"});
    EXPECT_EQ(report("alone").state, State::kRunning) << report("alone").error;
    ::chmod(directory_.c_str(), 0777);
    EXPECT_THAT(failure("alone"), HasSubstr("is writable by everybody"));
    std::filesystem::remove_all(directory_);
}

/// Every owner and mode, of the file, its folder and the folder above.
TEST_F(LoaderTest, LoadsOnlyWhatOthersCannotChange) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    std::string name = testing::TempDir() + "ezapi-plugins-XXXXXX";
    const std::string top = ::mkdtemp(name.data());
    directory_ = top + "/plugins";
    std::filesystem::create_directory(directory_);
    const std::string file = directory_ + "/alone.so";
    std::filesystem::copy(std::string(FIXTURES) + "/alone.so", file);
    constexpr uid_t kStranger = 65534;
    constexpr mode_t kSticky = 01000;
    for (const std::string& path : {file, directory_, top}) {
        for (const uid_t owner : {uid_t{0}, kStranger}) {
            for (const mode_t mode : {0755U, 0700U, 0775U, 0757U, 0777U, 01777U, 01775U}) {
                ASSERT_EQ(::chown(path.c_str(), owner, static_cast<gid_t>(-1)), 0);
                ASSERT_EQ(::chmod(path.c_str(), mode), 0);
                const bool writable = (mode & 022U) != 0;
                const bool protects = path == top && (mode & kSticky) != 0;
                const bool good = owner == 0 && (!writable || protects);
                const std::string why = good ? std::string() : failure("alone");
                if (good) {
                    start({"alone"});
                    EXPECT_EQ(report("alone").state, State::kRunning)
                        << path << " " << std::oct << mode << ": " << report("alone").error;
                } else if (owner != 0) {
                    EXPECT_THAT(why, HasSubstr("belongs to user 65534")) << path;
                } else {
                    EXPECT_THAT(why, HasSubstr("is writable by ")) << path << std::oct << mode;
                }
            }
        }
        ASSERT_EQ(::chown(path.c_str(), 0, static_cast<gid_t>(-1)), 0);
        ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
    }
    std::filesystem::remove_all(top);
}

TEST_F(LoaderTest, RefusesAFileThatIsNoLibrary) {
    std::string name = testing::TempDir() + "ezapi-plugins-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    std::filesystem::create_directory(directory_ + "/folder.so");
    std::filesystem::copy(__FILE__, directory_ + "/source.so");
    EXPECT_THAT(failure("folder"), HasSubstr("is not a regular file"));
    EXPECT_THAT(failure("source"), HasSubstr("cannot be loaded: "));
    std::filesystem::remove_all(directory_);
}

TEST_F(LoaderTest, EnablesAPluginWhileOthersRun) {
    start({"alone"});
    lines_.clear();
    loader_->enable("provider");
    EXPECT_EQ(report("provider").state, State::kRunning);
    EXPECT_THAT(migrated_, ElementsAre("provider"));
    EXPECT_THAT(lines_, testing::Not(testing::Contains("alone: stops")));
    loader_->enable("provider");
    EXPECT_THAT(migrated_, ElementsAre("provider")) << "it runs already";
}

TEST_F(LoaderTest, DisablesDependantsWithTheirProviderAndBringsThemBack) {
    start({"consumer", "provider", "alone"});
    loader_->disable("provider");
    EXPECT_EQ(report("provider").state, State::kDisabled);
    EXPECT_EQ(report("consumer").error, "needs plugin provider, which is not enabled");
    EXPECT_EQ(report("alone").state, State::kRunning);
    loader_->enable("provider");
    EXPECT_EQ(report("consumer").state, State::kRunning);
    EXPECT_EQ(report("consumer").error, "");
}

TEST_F(LoaderTest, RestartsAFollowerSoThatItSeesItsProviderComeAndGo) {
    start({"follower"});
    EXPECT_THAT(lines_, testing::Contains("follower: found nothing"));
    lines_.clear();
    loader_->enable("provider");
    EXPECT_THAT(lines_, testing::Contains("follower: found"));
    lines_.clear();
    loader_->disable("provider");
    EXPECT_THAT(lines_, testing::Contains("follower: found nothing"));
    EXPECT_EQ(report("follower").state, State::kRunning);
}

TEST_F(LoaderTest, ReloadsAPluginWithItsDependants) {
    start({"consumer", "provider", "alone"});
    lines_.clear();
    loader_->reload("provider");
    EXPECT_THAT(
        lines_,
        testing::IsSupersetOf(
            {"consumer: stops", "provider: stops", "provider: starts", "consumer: starts"}));
    EXPECT_THAT(lines_, testing::Not(testing::Contains("alone: stops")));
}

TEST_F(LoaderTest, SaysWhyAPluginCannotBeEnabled) {
    start({"alone"});
    ez_error error{};
    EXPECT_EQ(guard(&error, [&] { loader_->enable("wrong-major"); }), EZ_CONFLICT);
    EXPECT_THAT(error.message, HasSubstr("is built for ABI major 7"));
    EXPECT_EQ(guard(&error, [&] { loader_->enable("nobody"); }), EZ_NOT_FOUND);
    EXPECT_EQ(guard(&error, [&] { loader_->reload("provider"); }), EZ_CONFLICT);
}

TEST_F(LoaderTest, KeepsAPluginAliveThatStaysBusy) {
    start({"alone"});
    registry_.busy = "alone";
    lines_.clear();
    EXPECT_FALSE(loader_->stop());
    EXPECT_EQ(report("alone").state, State::kFailed);
    EXPECT_THAT(report("alone").error, HasSubstr("still busy"));
    EXPECT_THAT(lines_, testing::Not(testing::Contains("alone: stops")));
    EXPECT_THAT(registry_.calls, testing::Not(testing::Contains("discard alone")));
    EXPECT_EQ(guard(nullptr, [&] { loader_->enable("alone"); }), EZ_CONFLICT);
}

}  // namespace
