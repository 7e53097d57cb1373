// The first step of every command: reads the configuration, opens the enabled plugins, resolves
// their settings and collects all faults before anything is started.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/app/commands.hpp"
#include "host/config/config.hpp"
#include "host/db/migrations.hpp"
#include "host/db/pools.hpp"
#include "host/modules/loader.hpp"
#include "host/redis/client.hpp"

namespace ezapi::host::app {

class Setup {
public:
    explicit Setup(const Invocation& invocation);

    [[nodiscard]] const config::Config& config() const { return *config_; }

    [[nodiscard]] modules::Loader& loader() { return *loader_; }

    /// One sentence each: faults of the configuration and required plugins that cannot run.
    [[nodiscard]] std::vector<std::string> refusals() const;

    /// Suspicious settings that do not prevent the start.
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

    /// `core`, then the plugins in the order of their start.
    [[nodiscard]] std::vector<std::string> migration_modules() const;

private:
    void check_host_rules();
    void check_credentials();
    void check_folders();
    [[nodiscard]] std::string settings_of(const modules::Library& library);
    [[nodiscard]] std::string settings_now(const modules::Library& library) const;

    config::Inputs inputs_;
    std::unique_ptr<config::Config> config_;
    std::unique_ptr<modules::Loader> loader_;
    std::vector<std::string> warnings_;
    bool opened_ = false;
};

[[nodiscard]] db::PoolsOptions pools_options(const config::Config& config);
[[nodiscard]] db::MigrationsOptions migrations_options(const config::Config& config);

/// Throws ezapi::Error when redis.addr is neither host:port nor a path.
[[nodiscard]] redis::Options redis_options(const config::Config& config);

/// Sets level and format of the log.
void apply_log_settings(const config::Config& config);

}  // namespace ezapi::host::app
