// The keyring of an installation that sets none: made at the first start and kept in a file that
// only its owner can read. Whoever loses the file loses the credentials, so it is never made anew
// while there are rows that need an old one; the caller says whether there are.
#pragma once

#include <filesystem>
#include <string>

namespace ezapi::sealing {

struct KeyFile {
    std::filesystem::path path;
    std::string keys;  // as the setting would hold them
    bool made = false;
};

/// Which keyring: the file's name, and the setting that replaces it.
struct KeyFileKind {
    const char* name;
    const char* variable;
};

inline constexpr KeyFileKind kSecretKeys{"secret-keys", "EZ_SECRET_KEYS"};
inline constexpr KeyFileKind kAuditKeys{"audit-keys", "EZ_AUDIT_KEYS"};

/// Reads `<folder>/<name>`; makes it, and the folder, where there is none and `may_make`
/// allows. Throws Error with what to do. Several processes that start at once end up with one file.
[[nodiscard]] KeyFile load_key_file(const std::filesystem::path& folder,
                                    bool may_make,
                                    const KeyFileKind& kind = kSecretKeys);

}  // namespace ezapi::sealing
