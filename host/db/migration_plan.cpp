// Compares the migrations of the folder with those of the database. Pure.
#include <algorithm>
#include <map>
#include <set>

#include "ezapi/error.hpp"
#include "host/db/migrations.hpp"

namespace ezapi::host::db {
namespace {

std::string file_of(const std::string& module, int version, const std::string& name) {
    std::string number = std::to_string(version);
    number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
    return module + "/" + number + "_" + name + ".sql";
}

std::string file_of(const MigrationEntry& entry) {
    return file_of(entry.module, entry.version, entry.name);
}

/// Numbers must be 1, 2, 3 ... without a gap or a duplicate.
void check_numbers(const std::string& module,
                   std::span<const Migration> files,
                   std::vector<std::string>& faults) {
    std::map<int, const Migration*> seen;
    for (const Migration& file : files) {
        if (file.module != module) continue;
        const auto [known, fresh] = seen.emplace(file.version, &file);
        if (!fresh) {
            faults.push_back(file_of(module, file.version, file.name) + " and " +
                             file_of(module, known->second->version, known->second->name) +
                             " have the same number");
        }
    }
    int expected = 0;
    for (const auto& [version, file] : seen) {
        if (version == ++expected) continue;
        faults.push_back(file_of(module, version, file->name) + " leaves a gap, expected number " +
                         std::to_string(expected));
        expected = version;
    }
}

void check_states(std::span<const MigrationEntry> entries, std::vector<std::string>& faults) {
    std::map<std::string, int> last_applied;
    for (const MigrationEntry& entry : entries) {
        if (entry.state != MigrationState::pending) last_applied[entry.module] = entry.version;
    }
    for (const MigrationEntry& entry : entries) {
        if (entry.state == MigrationState::edited) {
            faults.push_back(file_of(entry) +
                             " was edited after it was applied; restore it and add a new file");
        } else if (entry.state == MigrationState::missing) {
            faults.push_back(file_of(entry) +
                             " is applied but there is no such file: the database is newer than "
                             "this installation");
        } else if (entry.state == MigrationState::pending &&
                   entry.version < last_applied[entry.module]) {
            faults.push_back(file_of(entry) + " is not applied but number " +
                             std::to_string(last_applied[entry.module]) + " is");
        }
    }
}

}  // namespace

const char* to_text(MigrationState state) noexcept {
    switch (state) {
        case MigrationState::applied:
            return "applied";
        case MigrationState::pending:
            return "pending";
        case MigrationState::edited:
            return "edited";
        case MigrationState::missing:
            return "missing";
    }
    return "unknown";
}

std::vector<MigrationEntry> compare_migrations(std::span<const std::string> modules,
                                               std::span<const Migration> files,
                                               std::span<const AppliedMigration> applied) {
    std::vector<MigrationEntry> entries;
    for (const std::string& module : modules) {
        std::map<int, MigrationEntry> by_version;
        for (const Migration& file : files) {
            if (file.module != module) continue;
            by_version[file.version] = {
                module, file.version, file.name, MigrationState::pending, {}};
        }
        for (const AppliedMigration& row : applied) {
            if (row.module != module) continue;
            const auto same = [&](const Migration& file) {
                return file.module == module && file.version == row.version;
            };
            const auto file = std::find_if(files.begin(), files.end(), same);
            auto state = MigrationState::applied;
            if (file == files.end()) {
                state = MigrationState::missing;
            } else if (file->checksum != row.checksum || file->name != row.name) {
                state = MigrationState::edited;
            }
            const std::string& name = file == files.end() ? row.name : file->name;
            by_version[row.version] = {module, row.version, name, state, row.applied_at};
        }
        for (auto& [version, entry] : by_version) entries.push_back(std::move(entry));
    }
    return entries;
}

std::vector<const Migration*> plan_migrations(std::span<const std::string> modules,
                                              std::span<const Migration> files,
                                              std::span<const AppliedMigration> applied) {
    std::vector<std::string> faults;
    for (const std::string& module : modules) check_numbers(module, files, faults);
    const std::vector<MigrationEntry> entries = compare_migrations(modules, files, applied);
    check_states(entries, faults);
    if (!faults.empty()) {
        std::string message = "migrations: ";
        for (const std::string& fault : faults)
            message += (&fault == faults.data() ? "" : "; ") + fault;
        throw Error(EZ_CONFLICT, message).with_code("migrations");
    }
    std::vector<const Migration*> plan;
    for (const MigrationEntry& entry : entries) {
        if (entry.state != MigrationState::pending) continue;
        const auto same = [&](const Migration& file) {
            return file.module == entry.module && file.version == entry.version;
        };
        plan.push_back(&*std::find_if(files.begin(), files.end(), same));
    }
    return plan;
}

}  // namespace ezapi::host::db
