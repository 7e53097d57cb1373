// The paths of an installation, relative to the executable, so that a prefix can be moved; a build
// tree and the current directory come first.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ezapi::host::app {

[[nodiscard]] bool is_folder(const std::filesystem::path& path);

/// Where the configuration is searched when EZ_CONFIG_FILE is unset.
[[nodiscard]] std::vector<std::string> config_candidates();

/// Where the installed plugins are.
[[nodiscard]] std::filesystem::path installed_plugins();

/// The configured directory, or ./migrations, or the installed one. Throws ezapi::Error when there
/// is none.
[[nodiscard]] std::filesystem::path migrations_folder(const std::string& configured);

/// The same for the Swagger UI; empty when there is none: the API works without it.
[[nodiscard]] std::filesystem::path swagger_folder(const std::string& configured);

}  // namespace ezapi::host::app
