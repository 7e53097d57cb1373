// Whether others can change what this process loads from disk: the code of plugins, and the SQL of
// their migrations.
#pragma once

#include <filesystem>

namespace ezapi::host::modules {

/// Throws EZ_INVALID with why the file must not be used: its owner, and that of each folder above
/// it, has to be root or the user of this process, and only the owner may write it. In a folder
/// like /tmp, which everybody may write, the sticky bit keeps others from renaming what is not
/// theirs; that is enough for a folder above the file's own.
void check_permissions(const std::filesystem::path& file);

}  // namespace ezapi::host::modules
