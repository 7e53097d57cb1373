// Generated secrets, for installations that configure none: created once and stored in files that
// only the process's user can read. They are never logged.
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

/// Reads <state_dir>/<name>, or creates it (mode 0600), and the directory (mode 0700). Processes
/// that start together get the same secret. Throws ezapi::Error when the directory is not writable,
/// or the file is open to others or too short.
[[nodiscard]] KeptSecret load_or_create_secret(const std::filesystem::path& state_dir,
                                               std::string_view name);

}  // namespace ezapi::host::config
