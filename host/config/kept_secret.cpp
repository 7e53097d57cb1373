#include "host/config/kept_secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "ezapi/base/crypto.hpp"
#include "ezapi/error.hpp"
#include "host/config/bearer.hpp"
#include "host/config/weak_token.hpp"

namespace ezapi::host::config {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
    throw Error(EZ_UNAVAILABLE, "secret file '" + path.string() + "' " + why);
}

std::string errno_text() {
    return std::strerror(errno);
}

std::string read_token(const std::filesystem::path& file) {
    struct stat info {};

    if (::stat(file.c_str(), &info) != 0) fail(file, "cannot be read: " + errno_text());
    if ((info.st_mode & 077U) != 0) fail(file, "is readable by others: expected mode 0600");
    std::ifstream stream(file);
    std::string token;
    std::string more;
    if (!(stream >> token)) fail(file, "cannot be read or is empty");
    if (stream >> more || !is_bearer(token)) {
        fail(file, "holds no token of " + std::string(kBearerRule));
    }
    if (const std::string weakness = weakness_of(token); !weakness.empty())
        fail(file,
             "holds a token that is soon guessed: " + weakness + "; " + std::string(kStrongToken));
    return token;
}

/// Written under a temporary name and linked into place, so that readers see a complete token and
/// only one of several processes creates the file. False: another process was first.
bool write_token(const std::filesystem::path& file, const std::string& token) {
    const std::filesystem::path draft = file.string() + "." + std::to_string(::getpid());
    ::unlink(draft.c_str());
    const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        fail(file.parent_path(),
             "is not writable: " + errno_text() + "; set server.state_dir (EZ_STATE_DIR)");
    const std::string line = token + "\n";
    const bool written =
        ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
        ::fsync(fd) == 0;
    ::close(fd);
    const bool linked = written && ::link(draft.c_str(), file.c_str()) == 0;
    const int error = errno;
    ::unlink(draft.c_str());
    if (linked) return true;
    if (written && error == EEXIST) return false;
    fail(file, "cannot be written: " + std::string(std::strerror(error)));
}

}  // namespace

KeptSecret load_or_create_secret(const std::filesystem::path& state_dir, std::string_view name) {
    const std::filesystem::path file = state_dir / name;
    std::error_code error;
    if (std::filesystem::exists(file, error)) return {read_token(file), file, false};
    if (std::filesystem::create_directories(state_dir, error)) {
        std::filesystem::permissions(state_dir, std::filesystem::perms::owner_all, error);
    }
    if (error)
        fail(state_dir,
             "cannot be created: " + error.message() + "; set server.state_dir (EZ_STATE_DIR)");
    std::string token = random_hex(32);
    if (!write_token(file, token)) return {read_token(file), file, false};
    return {std::move(token), file, true};
}

}  // namespace ezapi::host::config
