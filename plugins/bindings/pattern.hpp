// Regular expressions of selectors, matched by RE2: linear time and bounded memory for any pattern
// that an operator writes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace re2 {
class RE2;
}

namespace ezapi::bindings {

inline constexpr size_t kMaxPattern = 512;  // characters

/// What is wrong with the pattern; empty when it is valid.
[[nodiscard]] std::string pattern_fault(std::string_view pattern);

/// Compiles each pattern once and keeps it. Not thread-safe.
class Patterns {
public:
    Patterns();
    ~Patterns();
    Patterns(Patterns&&) noexcept;
    Patterns(const Patterns&) = delete;
    Patterns& operator=(const Patterns&) = delete;
    Patterns& operator=(Patterns&&) noexcept;

    /// nullptr when the pattern is invalid.
    [[nodiscard]] const re2::RE2* compiled(const std::string& pattern);

private:
    std::unordered_map<std::string, std::unique_ptr<re2::RE2>> compiled_;
};

}  // namespace ezapi::bindings
