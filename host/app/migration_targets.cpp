#include "host/app/migration_targets.hpp"

#include <algorithm>
#include <filesystem>

#include "host/app/setup.hpp"

namespace ezapi::host::app {

std::vector<MigrationTarget> migration_targets(const config::Config& config,
                                               std::span<const std::string> modules) {
    MigrationTarget main{migrations_options(config), {modules.begin(), modules.end()}};
    std::vector<std::string> of_logs;
    for (const std::string& module : modules) of_logs.push_back(module + "/logs");

    const std::string& log_dsn = config.text("postgres.log_dsn");
    if (log_dsn.empty()) {
        main.modules.insert(main.modules.end(), of_logs.begin(), of_logs.end());
        return {main};
    }
    const bool needed = std::any_of(of_logs.begin(), of_logs.end(), [&](const std::string& module) {
        return std::filesystem::is_directory(main.options.folder / module);
    });
    if (!needed) return {main};
    MigrationTarget logs{main.options, std::move(of_logs)};
    logs.options.database = "log database";
    logs.options.dsn = log_dsn;
    return {std::move(main), std::move(logs)};
}

}  // namespace ezapi::host::app
