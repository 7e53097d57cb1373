// Which plugin files there are, and what lies beside them.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

namespace ezapi::host::modules {

/// Name to file of every <name>.so in the directories; of one that stands in several the first
/// counts. A directory that does not exist has none. Nothing is opened.
[[nodiscard]] std::map<std::string, std::filesystem::path, std::less<>> find_plugin_files(
    std::span<const std::string> directories);

/// Name to folder of the migrations that plugins bring with them: <name>/migrations beside
/// <name>.so, where it exists.
[[nodiscard]] std::map<std::string, std::filesystem::path, std::less<>> find_plugin_migrations(
    std::span<const std::string> directories);

}  // namespace ezapi::host::modules
