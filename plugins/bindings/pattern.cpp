#include "pattern.hpp"

#include <re2/re2.h>

namespace ezapi::bindings {

namespace {

constexpr std::int64_t kMaxMemory = std::int64_t{1} << 20;  // of a compiled pattern

RE2::Options options() {
    RE2::Options out;
    out.set_log_errors(false);
    out.set_max_mem(kMaxMemory);
    return out;
}

}  // namespace

std::string pattern_fault(std::string_view pattern) {
    if (pattern.size() > kMaxPattern)
        return "expected a pattern of at most " + std::to_string(kMaxPattern) + " bytes, found " +
               std::to_string(pattern.size());
    const RE2 compiled(re2::StringPiece(pattern.data(), pattern.size()), options());
    if (compiled.ok()) return {};
    return "not a regular expression of RE2: " + compiled.error();
}

Patterns::Patterns() = default;
Patterns::~Patterns() = default;
Patterns::Patterns(Patterns&&) noexcept = default;
Patterns& Patterns::operator=(Patterns&&) noexcept = default;

const RE2* Patterns::compiled(const std::string& pattern) {
    auto& held = compiled_[pattern];
    if (!held) held = std::make_unique<RE2>(pattern, options());
    return held->ok() ? held.get() : nullptr;
}

}  // namespace ezapi::bindings
