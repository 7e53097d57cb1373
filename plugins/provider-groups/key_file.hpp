// The keyring of an installation that sets none: made at the first start and kept in a file that
// only its owner can read. Whoever loses the file loses the credentials, so it is never made anew
// while there are rows that need an old one; the caller says whether there are.
#pragma once

#include <filesystem>
#include <string>

namespace ezapi::provider_groups {

struct KeyFile {
    std::filesystem::path path;
    std::string keys;  // as EZ_SECRET_KEYS would hold them
    bool made = false;
};

/// Reads `<folder>/secret-keys`; makes it, and the folder, where there is none and `may_make`
/// allows. Throws Error with what to do. Several processes that start at once end up with one file.
[[nodiscard]] KeyFile load_key_file(const std::filesystem::path& folder, bool may_make);

}  // namespace ezapi::provider_groups
