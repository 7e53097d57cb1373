// The keyring of an installation that configures none: created at the first start in a file that
// only its owner can read. When the file is lost, so are the credentials. Therefore it is never
// created again while rows exist that need the old one; the caller knows whether there are any.
#pragma once

#include <filesystem>
#include <string>

namespace ezapi::sealing {

struct KeyFile {
    std::filesystem::path path;
    std::string keys;  // in the format of the setting
    bool made = false;
};

/// A keyring: its file name, and the environment variable that replaces the file.
struct KeyFileKind {
    const char* name;
    const char* variable;
};

inline constexpr KeyFileKind kSecretKeys{"secret-keys", "EZ_SECRET_KEYS"};
inline constexpr KeyFileKind kAuditKeys{"audit-keys", "EZ_AUDIT_KEYS"};

/// Reads `<folder>/<name>`. If there is no such file and `may_make` allows it, creates the file and
/// the folder. Throws Error with instructions. Processes that start concurrently end up with one
/// file.
[[nodiscard]] KeyFile load_key_file(const std::filesystem::path& folder,
                                    bool may_make,
                                    const KeyFileKind& kind = kSecretKeys);

}  // namespace ezapi::sealing
