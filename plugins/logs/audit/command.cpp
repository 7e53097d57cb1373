#include "audit/command.hpp"

#include <iostream>
#include <vector>

#include "audit/anchors.hpp"
#include "ezapi/base/numbers.hpp"

namespace ezapi::logs {
namespace {

constexpr int kIntact = 0;
constexpr int kWrong = 1;
constexpr int kUsage = 64;
constexpr std::int64_t kPart = 100'000;

ez_status run_command(void* self,
                      const ez_str* arguments,
                      size_t count,
                      int32_t* exit_code,
                      ez_error* error) noexcept {
    return guard(error, [&] {
        std::vector<std::string_view> words;
        for (size_t i = 0; i < count; ++i) words.push_back(view(arguments[i]));
        *exit_code = static_cast<AuditCommand*>(self)->run(words);
    });
}

int usage(bool asked) {
    std::cerr << "Usage: ezapi logs verify [--anchor FILE] [--gaps-after ID]\n"
                 "Verifies the operation log. Exit code 1 when it was tampered with, or when "
                 "changes were made without it.\n\n"
                 "--anchor FILE    a copy of audit-anchors, of the state directory of a server, or "
                 "lines of that form\n"
                 "--gaps-after ID  gaps up to this one are known\n";
    return asked ? kIntact : kUsage;
}

void print(const ChainBreak& broken) {
    std::cout << broken.kind << "\tposition " << broken.position;
    if (broken.operation_id) std::cout << "\toperation " << *broken.operation_id;
    std::cout << "\t" << broken.detail << "\n";
}

}  // namespace

const ez_command_v1 AuditCommand::kTable{sizeof(ez_command_v1), run_command};

int AuditCommand::run(std::span<const std::string_view> arguments) const {
    if (arguments.size() == 1 && arguments[0] == "--help") return usage(true);
    if (arguments.empty() || arguments[0] != "verify") return usage(false);
    std::string file;
    std::int64_t gaps = 0;
    for (size_t i = 1; i < arguments.size(); i += 2) {
        if (i + 1 == arguments.size()) return usage(false);
        const std::string_view value = arguments[i + 1];
        if (arguments[i] == "--anchor") {
            file = value;
        } else {
            const auto parsed = parse_integer(value);
            if (arguments[i] != "--gaps-after" || !parsed || *parsed < 0) return usage(false);
            gaps = *parsed;
        }
    }
    const bool anchored = file.empty() || holds_anchors(file);
    return whole(gaps) && anchored ? kIntact : kWrong;
}

bool AuditCommand::holds_anchors(const std::string& file) const {
    const std::vector<Anchor> anchors = read_anchors(file);
    size_t wrong = 0;
    for (const Anchor& anchor : anchors) {
        const auto broken = verification_.held_against(anchor);
        if (!broken) continue;
        ++wrong;
        print(*broken);
    }
    std::cerr << anchors.size() << " anchors compared, " << wrong << " differ\n";
    return wrong == 0 && !anchors.empty();
}

bool AuditCommand::whole(std::int64_t gaps_after) const {
    ChainPart part{.limit = kPart, .gaps_after = gaps_after};
    for (;;) {
        const ChainState state = verification_.verify(part);
        if (state.broken) print(*state.broken);
        if (!state.broken && state.next) {
            part.from = *state.next;
            continue;
        }
        for (const Json& gap : state.gaps.data) std::cout << "gap\t" << dump_json(gap) << "\n";
        std::cout.flush();
        std::cerr << state.sealed << " operations sealed, " << state.waiting << " waiting, "
                  << state.gaps.total << " transactions without audit; head: position "
                  << state.sealed << " hash " << state.hash << "\n";
        return state.intact();
    }
}

}  // namespace ezapi::logs
