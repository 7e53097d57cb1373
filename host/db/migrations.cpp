#include "host/db/migrations.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"
#include "host/db/connection.hpp"
#include "host/db/dsn.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::db {
namespace {

// An arbitrary number; all versions must use the same one.
constexpr const char* kLock = "7310872413";
constexpr std::chrono::milliseconds kLockPause{100};

constexpr const char* kTable =
    "CREATE TABLE IF NOT EXISTS ez_migrations ("
    " module text NOT NULL, version integer NOT NULL, name text NOT NULL, checksum text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now(), duration_ms bigint NOT NULL,"
    " PRIMARY KEY (module, version))";

Migration read_file(const std::string& module, const std::filesystem::path& path) {
    const std::string stem = path.stem().string();
    const bool numbered = stem.size() > 5 && stem[4] == '_' &&
                          std::all_of(stem.begin(), stem.begin() + 4, [](unsigned char c) {
                              return std::isdigit(c) != 0;
                          });
    if (!numbered || path.extension() != ".sql") {
        throw Error(EZ_INVALID,
                    "migration " + module + "/" + path.filename().string() +
                        ": expected a name like 0001_create_masters.sql");
    }
    std::ifstream in(path, std::ios::binary);
    std::string sql{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in.is_open() || in.bad())
        throw Error(EZ_INVALID, "migration " + path.string() + ": cannot be read");
    return {module, std::stoi(stem.substr(0, 4)), stem.substr(5), sha256_hex(sql), std::move(sql)};
}

Connection connect(const MigrationsOptions& options) {
    auto settings = std::make_shared<ConnectionSettings>();
    settings->pool = "migrations";
    settings->dsn = with_connect_timeout(options.dsn, options.connect_timeout);
    settings->application_name = "ezapi-migrations";
    settings->lock_timeout = options.lock_limit;
    try {
        return Connection(std::move(settings));
    } catch (const Unreachable& error) {
        throw Error(EZ_UNAVAILABLE,
                    "migrations: cannot connect to the " + options.database + ": " + error.why());
    }
}

std::vector<AppliedMigration> read_applied(Connection& connection) {
    if (connection.execute("SELECT to_regclass('ez_migrations')", {}).is_null(0, 0)) return {};
    const Rows rows = connection.execute(
        "SELECT module, version, name, checksum,"
        " to_char(applied_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') FROM ez_migrations"
        " ORDER BY module, version",
        {});
    std::vector<AppliedMigration> applied;
    for (size_t i = 0; i < rows.rows(); ++i) {
        applied.push_back({std::string(rows.text(i, 0)),
                           static_cast<int>(rows.integer(i, 1)),
                           std::string(rows.text(i, 2)),
                           std::string(rows.text(i, 3)),
                           std::string(rows.text(i, 4))});
    }
    return applied;
}

/// The lock ends with its connection, so a crash releases it.
void take_lock(Connection& connection, std::chrono::milliseconds limit) {
    const Clock::time_point deadline = Clock::now() + limit;
    const std::string sql = std::string("SELECT pg_try_advisory_lock(") + kLock + ")";
    while (!connection.run(sql).boolean(0, 0)) {
        if (Clock::now() >= deadline) {
            throw Error(EZ_UNAVAILABLE,
                        "migrations: another process has held their lock for the limit of " +
                            std::to_string(limit.count()) + " ms");
        }
        std::this_thread::sleep_for(kLockPause);
    }
}

void apply_file(Connection& connection, const Migration& file) {
    const Clock::time_point start = Clock::now();
    connection.run("BEGIN");
    connection.run(file.sql);
    if (!connection.in_transaction()) {
        throw Error(EZ_INVALID,
                    "it ends its transaction itself; a migration contains no COMMIT or ROLLBACK");
    }
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
    const std::string version = std::to_string(file.version);
    const std::string duration = std::to_string(took);
    const std::array values{param(file.module),
                            param(version),
                            param(file.name),
                            param(file.checksum),
                            param(duration)};
    connection.execute(
        "INSERT INTO ez_migrations (module, version, name, checksum, duration_ms)"
        " VALUES ($1, $2::integer, $3, $4, $5::bigint)",
        values);
    if (connection.run("COMMIT").command() != "COMMIT")
        throw Error(EZ_CONFLICT, "it was rolled back");
    telemetry::log(EZ_LOG_INFO,
                   "db",
                   "migration " + file.module + "/" + version + " " + file.name + ": applied in " +
                       duration + " ms");
}

}  // namespace

std::vector<Migration> read_migrations(const std::filesystem::path& folder,
                                       const OwnFolders& own,
                                       std::span<const std::string> modules) {
    std::vector<Migration> files;
    for (const std::string& module : modules) {
        std::filesystem::path place = folder / module;
        if (const auto found = own.find(module); found != own.end()) {
            if (std::filesystem::is_directory(place))
                throw Error(EZ_INVALID,
                            "migrations of " + module + ": found both " + place.string() + " and " +
                                found->second.string() + ", expected one of them");
            place = found->second;
        }
        if (!std::filesystem::is_directory(place)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(place)) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with('.') || !entry.is_regular_file()) continue;
            files.push_back(read_file(module, entry.path()));
        }
    }
    return files;
}

Migrations::Migrations(MigrationsOptions options) : options_(std::move(options)) {
    check_dsn(options_.database, options_.dsn);
    if (!std::filesystem::is_directory(options_.folder)) {
        throw Error(EZ_INVALID, "migrations: " + options_.folder.string() + " is not a folder");
    }
}

std::vector<MigrationEntry> Migrations::status(std::span<const std::string> modules) const {
    const std::vector<Migration> files =
        read_migrations(options_.folder, options_.own_folders, modules);
    Connection connection = connect(options_);
    return compare_migrations(modules, files, read_applied(connection));
}

std::vector<MigrationEntry> Migrations::apply(std::span<const std::string> modules) const {
    const std::vector<Migration> files =
        read_migrations(options_.folder, options_.own_folders, modules);
    Connection connection = connect(options_);
    take_lock(connection, options_.lock_limit);
    connection.run(kTable);
    const std::vector<AppliedMigration> applied = read_applied(connection);
    std::vector<MigrationEntry> done;
    for (const Migration* file : plan_migrations(modules, files, applied)) {
        try {
            apply_file(connection, *file);
        } catch (const Error& error) {
            throw Error(error.status(),
                        "migration " + file->module + "/" + std::to_string(file->version) + " " +
                            file->name + ": " + error.what())
                .with_sqlstate(error.sqlstate());
        }
        done.push_back({file->module, file->version, file->name, MigrationState::applied, {}});
    }
    return done;
}

}  // namespace ezapi::host::db
