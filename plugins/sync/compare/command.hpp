// `ezapi sync --check` and `ezapi sync --repair`: one comparison of Redis with the database, beside
// the servers that may be running. What differs goes to standard output, a line each, as it is
// found: its kind, the resource and the key, separated by tabs.
#pragma once

#include <span>
#include <string_view>

#include "compare/drift_check.hpp"
#include "ezapi/host_services.h"

namespace ezapi::sync {

class Command {
public:
    Command(DriftCheck& check, const Ledger& ledger) : check_(check), ledger_(ledger) {}

    static const ez_command_v1 kTable;

    /// The exit code: 0 nothing differs (any more), 1 something does, was given up or could not be
    /// compared, 64 for other arguments.
    [[nodiscard]] int run(std::span<const std::string_view> arguments);

private:
    [[nodiscard]] int compare(DriftCheck::Act act);
    [[nodiscard]] Findings run_check(DriftCheck::Act act);

    DriftCheck& check_;
    const Ledger& ledger_;
};

}  // namespace ezapi::sync
