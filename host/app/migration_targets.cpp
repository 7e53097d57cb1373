#include "host/app/migration_targets.hpp"

#include <algorithm>
#include <filesystem>

#include "ezapi/error.hpp"
#include "host/app/setup.hpp"
#include "host/modules/permissions.hpp"
#include "host/modules/search.hpp"

namespace ezapi::host::app {
namespace {

void check_files(const std::string& module, const std::filesystem::path& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        try {
            modules::check_permissions(entry.path());
        } catch (const Error& error) {
            throw Error(error.status(),
                        "migration " + module + "/" + entry.path().filename().string() + ": " +
                            error.what());
        }
    }
}

/// The folders that the modules' plugins bring.
db::OwnFolders own_folders(const config::Config& config, std::span<const std::string> modules) {
    const auto found = modules::find_plugin_migrations(config.list("plugins.directories"));
    db::OwnFolders out;
    for (const std::string& module : modules) {
        const auto folder = found.find(module);
        if (folder == found.end()) continue;
        check_files(module, folder->second);
        out.emplace(module, folder->second);
        const std::filesystem::path of_logs = folder->second / "logs";
        if (!std::filesystem::is_directory(of_logs)) continue;
        check_files(module + "/logs", of_logs);
        out.emplace(module + "/logs", of_logs);
    }
    return out;
}

}  // namespace

std::vector<MigrationTarget> migration_targets(const config::Config& config,
                                               std::span<const std::string> modules) {
    MigrationTarget main{migrations_options(config), {modules.begin(), modules.end()}};
    main.options.own_folders = own_folders(config, modules);
    std::vector<std::string> of_logs;
    for (const std::string& module : modules) of_logs.push_back(module + "/logs");

    const std::string& log_dsn = config.text("postgres.log_dsn");
    if (log_dsn.empty()) {
        main.modules.insert(main.modules.end(), of_logs.begin(), of_logs.end());
        return {main};
    }
    const bool needed = std::any_of(of_logs.begin(), of_logs.end(), [&](const std::string& module) {
        return std::filesystem::is_directory(main.options.folder / module) ||
               main.options.own_folders.contains(module);
    });
    if (!needed) return {main};
    MigrationTarget logs{main.options, std::move(of_logs)};
    logs.options.database = "log database";
    logs.options.dsn = log_dsn;
    return {std::move(main), std::move(logs)};
}

}  // namespace ezapi::host::app
