#include "host/app/commands.hpp"

#include <algorithm>
#include <iostream>
#include <vector>

#include "ezapi/error.hpp"
#include "ezapi/escape.hpp"
#include "host/app/migration_targets.hpp"
#include "host/app/process.hpp"
#include "host/app/setup.hpp"
#include "host/telemetry/log.hpp"
#include "host/telemetry/redact.hpp"

namespace ezapi::host::app {
namespace {

/// Runs a command and turns an exception into one sentence and an exit code.
template <class Command>
int run_command(Command&& command) {
    int code = kDone;
    ez_error error{};
    const ez_status status = guard(&error, [&] { code = command(); });
    if (status == EZ_OK) return code;
    telemetry::log(EZ_LOG_ERROR, "host", error.message);
    return status == EZ_INVALID ? kRefused : kFailed;
}

int tell_refusals(const Setup& setup) {
    const std::vector<std::string> refusals = setup.refusals();
    for (const std::string& refusal : refusals) {
        std::cerr << escape_controls(telemetry::redact(refusal)) << "\n";
    }
    return refusals.empty() ? kDone : kRefused;
}

void tell_warnings(const Setup& setup) {
    for (const std::string& warning : setup.warnings()) {
        std::cerr << "warning: " << escape_controls(telemetry::redact(warning)) << "\n";
    }
}

std::string padded(std::string text, size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text;
}

int print_migrations(const std::vector<db::MigrationEntry>& entries) {
    bool sound = true;
    for (const db::MigrationEntry& entry : entries) {
        const std::string number = std::to_string(entry.version);
        std::cout << padded(entry.module, 18)
                  << std::string(4 - std::min<size_t>(number.size(), 4), '0') << number << "  "
                  << padded(entry.name, 32) << padded(to_text(entry.state), 9) << entry.applied_at
                  << "\n";
        sound = sound && entry.state != db::MigrationState::edited &&
                entry.state != db::MigrationState::missing;
    }
    return sound ? kDone : kFailed;
}

}  // namespace

std::string_view version() noexcept {
    return EZAPI_VERSION;
}

int serve(const Invocation& invocation) {
    return run_command([&] {
        Process process(invocation);
        return process.run();
    });
}

int migrate(const Invocation& invocation) {
    return run_command([&] {
        Setup setup(invocation);
        tell_warnings(setup);
        if (const int code = tell_refusals(setup); code != kDone) return code;
        std::vector<db::MigrationEntry> entries;
        for (const MigrationTarget& target :
             migration_targets(setup.config(), setup.migration_modules())) {
            const db::Migrations migrations(target.options);
            const auto of_target = invocation.status_only ? migrations.status(target.modules)
                                                          : migrations.apply(target.modules);
            entries.insert(entries.end(), of_target.begin(), of_target.end());
        }
        const int code = print_migrations(entries);
        if (invocation.status_only) return code;
        std::cout << entries.size() << " migration(s) applied\n";
        return kDone;
    });
}

int check_config(const Invocation& invocation) {
    return run_command([&] {
        Setup setup(invocation);
        const std::string& file = setup.config().file();
        std::cout << "# file: " << (file.empty() ? "none found" : file) << "\n";
        for (const config::Resolved& line : setup.config().resolved()) {
            std::cout << padded(line.key, 34) << " " << padded(line.value, 40) << "  # "
                      << line.source << "\n";
        }
        std::cout.flush();
        tell_warnings(setup);
        return tell_refusals(setup);
    });
}

int list_plugins(const Invocation& invocation) {
    return run_command([&] {
        Setup setup(invocation);
        bool sound = true;
        for (const modules::PluginReport& plugin : setup.loader().report()) {
            const bool failed = plugin.state == modules::State::kFailed;
            const bool enabled = failed || !plugin.version.empty();
            std::cout << padded(plugin.name, 20)
                      << padded(plugin.version.empty() ? "-" : plugin.version, 10)
                      << padded(failed    ? "refused"
                                : enabled ? "enabled"
                                          : "disabled",
                                10)
                      << (failed ? plugin.error : plugin.file) << "\n";
            sound = sound && !(failed && plugin.required);
        }
        return sound ? kDone : kRefused;
    });
}

std::optional<int> run_plugin(const Invocation& invocation,
                              const std::string& plugin,
                              const std::vector<std::string>& arguments) {
    bool known = true;
    const int code = run_command([&] {
        Process process(invocation);
        known = process.has_plugin(plugin);
        return known ? process.run_plugin(plugin, arguments) : kDone;
    });
    return known ? std::optional(code) : std::nullopt;
}

}  // namespace ezapi::host::app
