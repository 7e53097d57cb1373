#include "host/modules/permissions.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "ezapi/error.hpp"

namespace ezapi::host::modules {
namespace {

[[noreturn]] void reject(const std::string& why) {
    throw Error(EZ_INVALID, why);
}

/// `lead` is what the sentence about the path begins with.
void check_path(const std::string& lead, const std::filesystem::path& path, bool sticky_protects) {
    struct stat info {};

    if (::stat(path.c_str(), &info) != 0)
        reject(lead + "cannot be read: " + std::string(std::strerror(errno)));
    const uid_t user = ::geteuid();
    if (info.st_uid != 0 && info.st_uid != user) {
        reject(lead + "belongs to user " + std::to_string(info.st_uid) +
               ": expected root or user " + std::to_string(user) + ", who runs this process");
    }
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return;
    if (sticky_protects && (info.st_mode & S_ISVTX) != 0) return;
    const bool all = (info.st_mode & S_IWOTH) != 0;
    reject(lead + "is writable by " + (all ? "everybody" : "its group") +
           ": expected mode 0755 or less");
}

void check_folders(const std::filesystem::path& file) {
    const std::filesystem::path own = file.parent_path();
    for (std::filesystem::path folder = own;; folder = folder.parent_path()) {
        check_path(
            "lies in " + folder.string() + ", which ", folder, /*sticky_protects=*/folder != own);
        if (folder == folder.parent_path()) return;
    }
}

}  // namespace

void check_permissions(const std::filesystem::path& file) {
    struct stat info {};

    if (::stat(file.c_str(), &info) != 0)
        reject("cannot be read: " + std::string(std::strerror(errno)));
    if (!S_ISREG(info.st_mode)) reject("is not a regular file");
    check_path("", file, /*sticky_protects=*/false);
    // The folders of the path as it was given hold the links, those of the resolved path the file.
    check_folders(std::filesystem::absolute(file).lexically_normal());
    check_folders(std::filesystem::canonical(file));
}

}  // namespace ezapi::host::modules
