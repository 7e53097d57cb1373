// Regular expressions of selectors: RE2, which runs in linear time and within a fixed amount of
// memory whatever an operator writes.
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

/// What is wrong with a pattern; empty: nothing.
[[nodiscard]] std::string pattern_fault(std::string_view pattern);

/// Compiled patterns, each compiled once. For one thread.
class Patterns {
public:
    Patterns();
    ~Patterns();
    Patterns(Patterns&&) noexcept;
    Patterns(const Patterns&) = delete;
    Patterns& operator=(const Patterns&) = delete;
    Patterns& operator=(Patterns&&) noexcept;

    /// nullptr when it is none.
    [[nodiscard]] const re2::RE2* compiled(const std::string& pattern);

private:
    std::unordered_map<std::string, std::unique_ptr<re2::RE2>> compiled_;
};

}  // namespace ezapi::bindings
