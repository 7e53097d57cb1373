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

}  // namespace ezapi::host::modules
