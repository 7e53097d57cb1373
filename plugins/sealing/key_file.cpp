#include "sealing/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"
#include "ezapi/resource/field.hpp"
#include "sealing/keyring.hpp"

namespace ezapi::sealing {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
    const std::string variable =
        path.filename() == kAuditKeys.name ? kAuditKeys.variable : kSecretKeys.variable;
    throw Error(EZ_UNAVAILABLE,
                "keyring " + path.string() + ": " + why + "; set " + variable +
                    ", or EZ_STATE_DIR for another folder");
}

std::string read(const std::filesystem::path& path) {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) fail(path, std::strerror(errno));
    if ((status.st_mode & 077U) != 0)
        fail(path, "others than its owner can read or write it, expected mode 0600");
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) fail(path, "cannot be read");
    std::string keys(trim(text.str()));
    if (keys.empty()) fail(path, "is empty");
    return keys;
}

/// Creates the file atomically: writes it under a temporary name and links it, which fails when
/// another process was faster.
bool make(const std::filesystem::path& path) {
    const std::filesystem::path draft = path.string() + "." + random_hex(8);
    const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) fail(path, std::string("cannot be made: ") + std::strerror(errno));
    const std::string line = random_hex(kSha256Size) + "\n";
    const bool written =
        ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
        ::fsync(file) == 0;
    const int write_error = errno;
    ::close(file);
    const bool linked = written && ::link(draft.c_str(), path.c_str()) == 0;
    const int link_error = errno;
    ::unlink(draft.c_str());
    if (!written) fail(path, std::string("cannot be written: ") + std::strerror(write_error));
    if (!linked && link_error != EEXIST)
        fail(path, std::string("cannot be made: ") + std::strerror(link_error));
    return linked;
}

}  // namespace

KeyFile load_key_file(const std::filesystem::path& folder, bool may_make, const KeyFileKind& kind) {
    KeyFile out{folder / kind.name, {}, false};
    std::error_code error;
    if (!std::filesystem::exists(out.path, error)) {
        if (!may_make)
            fail(out.path,
                 "there is no such file, and what is stored was encrypted or signed with a key of"
                 " another keyring");
        if (std::filesystem::create_directories(folder, error))
            std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
        if (error) fail(out.path, "its folder cannot be made: " + error.message());
        out.made = make(out.path);
    }
    out.keys = read(out.path);
    return out;
}

}  // namespace ezapi::sealing
