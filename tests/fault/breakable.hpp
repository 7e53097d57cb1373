// An instance whose sync plugin crashes or stops at a given step of a push.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/instance.hpp"

namespace ezapi::tests {

class Breakable {
public:
    explicit Breakable(InstanceOptions options) : folder_("ezapi-steps") {
        options.environment.insert({{"EZ_PLUGIN_DIRS", BREAKING_PLUGINS "," EZAPI_PLUGINS},
                                    {"EZ_TEST_SYNC_STEP", folder_.path() + "/step"},
                                    {"EZ_SYNC_OUTBOX_INTERVAL_SECONDS", "1"}});
        instance_ = std::make_unique<Instance>(std::move(options));
    }

    Instance* operator->() const { return instance_.get(); }

    /// Arms a fault: "kill written", "stop page".
    void at(const std::string& what) const {
        std::ofstream(folder_.path() + "/new") << what << "\n";
        std::filesystem::rename(folder_.path() + "/new", folder_.path() + "/step");
    }

    [[nodiscard]] bool reached(std::chrono::milliseconds limit = std::chrono::seconds(20)) const {
        return eventually(limit, [&] { return !armed(); });
    }

    /// True while the step has not been reached.
    [[nodiscard]] bool armed() const { return std::filesystem::exists(folder_.path() + "/step"); }

    /// True when no push is in progress. Check first that nothing waits for one.
    [[nodiscard]] bool is_idle() const {
        std::ifstream passed(folder_.path() + "/step.passed");
        int begun = 0;
        int ended = 0;
        for (std::string step; std::getline(passed, step);) {
            begun += step == "rendered" ? 1 : 0;
            ended += step == "noted" ? 1 : 0;
        }
        return begun == ended;
    }

    /// Kills the instance if that has not happened, and starts it.
    void start_again() const {
        instance_->kill();
        std::filesystem::remove(folder_.path() + "/step.passed");
        instance_->start();
    }

private:
    TemporaryFolder folder_;  // outlives the instance
    std::unique_ptr<Instance> instance_;
};

}  // namespace ezapi::tests
