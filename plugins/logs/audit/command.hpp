// `ezapi logs verify [--anchor FILE] [--gaps-after ID]`: verifies the whole operation log beside
// the servers that may be running, and holds it against every anchor of a file that was kept.
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

    /// The exit code: 0 intact, 1 something is wrong, 64 for other arguments.
    [[nodiscard]] int run(std::span<const std::string_view> arguments) const;

private:
    [[nodiscard]] bool holds_anchors(const std::string& file) const;
    [[nodiscard]] bool whole(std::int64_t gaps_after) const;

    const Verification& verification_;
};

}  // namespace ezapi::logs
