// Forward-only migrations: one folder per module with files NNNN_name.sql, applied in order, each
// in a transaction of its own and recorded with its checksum in ez_migrations. The folders of the
// project's modules lie in one place; a foreign plugin brings its own. Refuses to go on
// when the database and the folder contradict each other. One process at a time, by an advisory
// lock on a separate connection.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace ezapi::host::db {

/// A file of the folder.
struct Migration {
    std::string module;
    int version = 0;
    std::string name;      // "create_masters" of 0001_create_masters.sql
    std::string checksum;  // SHA-256 of the file, hex
    std::string sql;
};

/// A row of ez_migrations.
struct AppliedMigration {
    std::string module;
    int version = 0;
    std::string name;
    std::string checksum;
    std::string applied_at;
};

enum class MigrationState {
    applied,
    pending,
    edited,  // applied, but the file has another checksum or name now
    missing  // applied, but there is no such file
};

struct MigrationEntry {
    std::string module;
    int version = 0;
    std::string name;
    MigrationState state = MigrationState::pending;
    std::string applied_at;  // empty: pending
};

[[nodiscard]] const char* to_text(MigrationState state) noexcept;

/// Pure: compares the folder with the database, by module in the given order, then by version.
[[nodiscard]] std::vector<MigrationEntry> compare_migrations(
    std::span<const std::string> modules,
    std::span<const Migration> files,
    std::span<const AppliedMigration> applied);

/// Pure: the files to apply, in order. Throws EZ_CONFLICT with every reason when a file is edited,
/// missing, out of order, or numbers have a gap or a duplicate.
[[nodiscard]] std::vector<const Migration*> plan_migrations(
    std::span<const std::string> modules,
    std::span<const Migration> files,
    std::span<const AppliedMigration> applied);

/// Folder of each module that has one elsewhere than in the common place.
using OwnFolders = std::map<std::string, std::filesystem::path, std::less<>>;

/// Reads the files of the modules; a module without a folder has none. Throws EZ_INVALID for a file
/// whose name is not NNNN_name.sql, and for a module that has both its own folder and one in the
/// common place.
[[nodiscard]] std::vector<Migration> read_migrations(const std::filesystem::path& folder,
                                                     const OwnFolders& own,
                                                     std::span<const std::string> modules);

struct MigrationsOptions {
    std::filesystem::path folder;  // the common place: <folder>/<module>/NNNN_name.sql
    std::string dsn;               // as in PoolOptions
    std::chrono::milliseconds lock_limit{30000};
    std::chrono::milliseconds connect_timeout{2000};
    std::string database = "main database";  // for messages
    OwnFolders own_folders = {};
};

class Migrations {
public:
    explicit Migrations(MigrationsOptions options);

    /// Reads only; works on a database that was never migrated.
    [[nodiscard]] std::vector<MigrationEntry> status(std::span<const std::string> modules) const;

    /// Applies what is pending and returns it. All or nothing per file: on failure the files before
    /// the failing one stay applied.
    std::vector<MigrationEntry> apply(std::span<const std::string> modules) const;

private:
    MigrationsOptions options_;
};

}  // namespace ezapi::host::db
