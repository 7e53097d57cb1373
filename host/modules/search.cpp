#include "host/modules/search.hpp"

#include <system_error>

namespace ezapi::host::modules {

std::map<std::string, std::filesystem::path, std::less<>> find_plugin_files(
    std::span<const std::string> directories) {
    std::map<std::string, std::filesystem::path, std::less<>> out;
    for (const std::string& directory : directories) {
        std::error_code error;
        for (std::filesystem::directory_iterator entry(directory, error), end;
             !error && entry != end;
             entry.increment(error)) {
            const std::filesystem::path& file = entry->path();
            if (file.extension() == ".so") out.emplace(file.stem().string(), file);
        }
    }
    return out;
}

std::map<std::string, std::filesystem::path, std::less<>> find_plugin_migrations(
    std::span<const std::string> directories) {
    std::map<std::string, std::filesystem::path, std::less<>> out;
    for (const auto& [name, file] : find_plugin_files(directories)) {
        std::filesystem::path folder = file.parent_path() / name / "migrations";
        std::error_code error;
        if (std::filesystem::is_directory(folder, error)) out.emplace(name, std::move(folder));
    }
    return out;
}

}  // namespace ezapi::host::modules
