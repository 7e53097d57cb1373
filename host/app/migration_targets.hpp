// Which migrations run in which database: `migrations/<module>/` in the main one,
// `migrations/<module>/logs/` in that of the pool "logs", recorded there as module `<module>/logs`.
// Without a log database of its own both run in the main one. A plugin that is not one of the
// project's brings its files beside its shared library: `<name>/migrations/`, and
// `<name>/migrations/logs/`.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/db/migrations.hpp"

namespace ezapi::host::app {

struct MigrationTarget {
    db::MigrationsOptions options;
    std::vector<std::string> modules;
};

/// The main database first. A log database of its own is left out while no module has files for it.
/// Throws EZ_INVALID for files of a plugin that others could change, see modules/permissions.hpp.
[[nodiscard]] std::vector<MigrationTarget> migration_targets(const config::Config& config,
                                                             std::span<const std::string> modules);

}  // namespace ezapi::host::app
