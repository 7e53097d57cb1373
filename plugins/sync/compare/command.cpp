#include "compare/command.hpp"

#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace ezapi::sync {
namespace {

constexpr int kDone = 0;
constexpr int kDiffers = 1;
constexpr int kUsage = 64;

constexpr std::chrono::milliseconds kPause{500};
constexpr int kTries = 1200;

ez_status run_command(void* self,
                      const ez_str* arguments,
                      size_t count,
                      int32_t* exit_code,
                      ez_error* error) noexcept {
    return guard(error, [&] {
        std::vector<std::string_view> words;
        for (size_t i = 0; i < count; ++i) words.push_back(view(arguments[i]));
        *exit_code = static_cast<Command*>(self)->run(words);
    });
}

}  // namespace

const ez_command_v1 Command::kTable{sizeof(ez_command_v1), run_command};

int Command::run(std::span<const std::string_view> arguments) {
    if (arguments.size() == 1 && arguments[0] == "--check") return compare(DriftCheck::Act::report);
    if (arguments.size() == 1 && arguments[0] == "--repair")
        return compare(DriftCheck::Act::repair);
    std::cerr << "Usage: ezapi sync --check | --repair\n"
                 "Compares Redis with the database and prints what differs: its kind (missing, "
                 "stale, foreign), resource and key.\n\n"
                 "--check   changes nothing; exit code 1 when something differs or cannot be "
                 "delivered\n"
                 "--repair  writes what differs to Redis; exit code 1 when something still does\n";
    return arguments.size() == 1 && arguments[0] == "--help" ? kDone : kUsage;
}

/// The server may be filling Redis just now: that is waited for.
Findings Command::run_check(DriftCheck::Act act) {
    for (int tries = 0;; ++tries) {
        std::vector<std::string> lines;
        try {
            const Findings findings = check_.run(
                act,
                DriftCheck::Speed::full,
                [&](const Drift& drift) {
                    lines.push_back(std::string(name_of(drift.kind)) + "\t" +
                                    drift.entity.resource + "\t" + drift.entity.key);
                },
                [] { return false; });
            for (const std::string& line : lines) std::cout << line << "\n";
            return findings;
        } catch (const Error& error) {
            if (error.code() != "in_progress" || tries == kTries) throw;
            if (tries == 0) std::cerr << "a full push is under way: waiting for its end\n";
        }
        std::this_thread::sleep_for(kPause);
    }
}

int Command::compare(DriftCheck::Act act) {
    const Findings findings = run_check(act);
    std::cout.flush();
    const Depth depth = ledger_.depth();
    std::int64_t entities = 0;
    for (const Findings::Resource& resource : findings.resources) entities += resource.entities;
    std::cerr << entities << " entities compared, " << findings.found() << " differ, "
              << findings.repaired() << " repaired; " << depth.pending << " on their way, of which "
              << depth.failing << " failed before; " << depth.dead << " given up\n";
    const std::string fault = findings.fault();
    if (!fault.empty()) std::cerr << "not complete: " << fault << "\n";
    const bool all_right = fault.empty() && findings.found() == findings.repaired() &&
                           depth.failing == 0 && depth.dead == 0;
    return all_right ? kDone : kDiffers;
}

}  // namespace ezapi::sync
