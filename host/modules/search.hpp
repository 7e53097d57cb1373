// Which plugin files there are, and what lies beside them.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

namespace ezapi::host::modules {

/// Maps the name to the file of every <name>.so in the directories; the first directory wins. A
/// directory that does not exist is skipped. No file is opened.
[[nodiscard]] std::map<std::string, std::filesystem::path, std::less<>> find_plugin_files(
    std::span<const std::string> directories);

/// Name to folder of the migrations that plugins bring with them: <name>/migrations beside
/// <name>.so, where it exists.
[[nodiscard]] std::map<std::string, std::filesystem::path, std::less<>> find_plugin_migrations(
    std::span<const std::string> directories);

}  // namespace ezapi::host::modules
