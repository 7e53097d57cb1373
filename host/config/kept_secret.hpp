// Secrets of an installation that configured none: made once and kept in files that only the
// process's user can read. They never reach a log.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ezapi::host::config {

inline constexpr std::string_view kAdminTokenFile = "admin-token";
inline constexpr std::string_view kSessionSecretFile = "session-secret";

struct KeptSecret {
    std::string token;
    std::filesystem::path file;
    bool created = false;
};

/// Reads <state_dir>/<name>, or makes it (mode 0600) when there is none, and the directory too
/// (mode 0700). Of several processes that start together all end with the same secret. Throws
/// ezapi::Error when the directory is not writable, or the file is open to others or too short.
[[nodiscard]] KeptSecret load_or_create_secret(const std::filesystem::path& state_dir,
                                               std::string_view name);

}  // namespace ezapi::host::config
