// The admin token of an installation that configured none: made once and kept in a file that only
// the process's user can read. The token itself never reaches a log.
#pragma once

#include <filesystem>
#include <string>

namespace ezapi::host::config {

struct AdminToken {
    std::string token;
    std::filesystem::path file;
    bool created = false;
};

/// Reads <state_dir>/admin-token, or makes it (mode 0600) when there is none, and the directory too
/// (mode 0700). Of several processes that start together all end with the same token. Throws
/// ezapi::Error when the directory is not writable, or the file is open to others or too short.
[[nodiscard]] AdminToken load_or_create_admin_token(const std::filesystem::path& state_dir);

}  // namespace ezapi::host::config
