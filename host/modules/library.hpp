// A plugin's shared library, opened and checked by its descriptor before any of its functions is
// called. Never closed: threads, thread-local destructors and callbacks of a plugin may outlive its
// stop.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/abi.h"

namespace ezapi::host::modules {

/// [a-z][a-z0-9-]{0,62}
[[nodiscard]] bool is_plugin_name(std::string_view name) noexcept;

class Library {
public:
    /// Throws ezapi::Error (EZ_INVALID) with one sentence that names what was expected and found: a
    /// file that others may write, not a shared library, no descriptor, another ABI, a name that
    /// differs from the file's. `expected_name` is the file's name without ".so".
    [[nodiscard]] static Library open(const std::filesystem::path& file);

    /// Fields that an older plugin does not have are empty. Valid until the process ends.
    [[nodiscard]] const ez_plugin& descriptor() const { return descriptor_; }

    [[nodiscard]] std::string name() const { return descriptor_.name; }

    [[nodiscard]] std::string version() const { return descriptor_.version; }

    [[nodiscard]] std::string abi() const;
    [[nodiscard]] std::vector<std::string> depends_on() const;
    [[nodiscard]] std::vector<std::string> after() const;
    [[nodiscard]] std::string_view config_schema() const;

private:
    explicit Library(const ez_plugin& descriptor) : descriptor_(descriptor) {}

    ez_plugin descriptor_;
};

/// Only the check: throws as `open` does. `name` is the file's name.
[[nodiscard]] ez_plugin judge_descriptor(const ez_plugin& found, std::string_view name);

}  // namespace ezapi::host::modules
