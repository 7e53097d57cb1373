// The command `ezapi logs verify [--anchor FILE] [--gaps-after ID]`: verifies the whole operation
// log, also while servers are running, and compares it with every anchor of a file.
#pragma once

#include <span>
#include <string_view>

#include "audit/verification.hpp"
#include "ezapi/host_services.h"

namespace ezapi::logs {

class AuditCommand {
public:
    explicit AuditCommand(const Verification& verification) : verification_(verification) {}

    static const ez_command_v1 kTable;

    /// Returns the exit code: 0 intact, 1 something is wrong, 64 for invalid arguments.
    [[nodiscard]] int run(std::span<const std::string_view> arguments) const;

private:
    [[nodiscard]] bool holds_anchors(const std::string& file) const;
    [[nodiscard]] bool whole(std::int64_t gaps_after) const;

    const Verification& verification_;
};

}  // namespace ezapi::logs
