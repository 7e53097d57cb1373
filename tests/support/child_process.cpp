#include "tests/support/child_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ezapi::tests {
namespace {

const passwd* account(const std::string& user) {
    if (user.empty() || geteuid() != 0) return nullptr;
    const passwd* entry = getpwnam(user.c_str());
    if (entry == nullptr) throw std::runtime_error("user '" + user + "': no such account");
    return entry;
}

[[noreturn]] void become(char* const* argv,
                         const ChildOptions& options,
                         const passwd* user,
                         int parent) {
    const int log = open(options.log.empty() ? "/dev/null" : options.log.c_str(),
                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                         0644);
    if (log >= 0) {
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
    }
    if (user != nullptr &&
        (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
        _exit(126);
    }
    // After the change of user, which resets it.
    prctl(PR_SET_PDEATHSIG, options.parent_death_signal);
    if (getppid() != parent) _exit(125);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (chdir("/") != 0) _exit(124);
    execv(argv[0], argv);
    _exit(127);
}

}  // namespace

int start_process(const std::vector<std::string>& arguments, const ChildOptions& options) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const passwd* user = account(options.user);
    const int parent = getpid();
    const int pid = fork();
    if (pid < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (pid == 0) become(argv.data(), options, user, parent);
    return pid;
}

int wait_process(int pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool process_runs(int pid) {
    int status = 0;
    return waitpid(pid, &status, WNOHANG) == 0;
}

uint16_t reserve_port() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, generic, length) != 0 || getsockname(fd, generic, &length) != 0) {
        throw std::runtime_error(std::string("reserve a port: ") + std::strerror(errno));
    }
    return ntohs(address.sin_port);  // the descriptor stays open: it reserves the port
}

std::string make_folder(const std::string& prefix,
                        const std::string& user,
                        const std::string& base) {
    const std::filesystem::path place =
        base.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(base);
    std::string path = (place / (prefix + "XXXXXX")).string();
    if (mkdtemp(path.data()) == nullptr) {
        throw std::runtime_error("folder " + path + ": " + std::strerror(errno));
    }
    if (const passwd* entry = account(user); entry != nullptr) {
        if (chown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0) {
            throw std::runtime_error("folder " + path + ": " + std::strerror(errno));
        }
    }
    return path;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;  // a leftover temporary folder is harmless
    std::filesystem::remove_all(path_, ignored);
}

std::string memory_folder() {
    constexpr const char* kMemory = "/dev/shm";
    constexpr uint64_t kRoom = 2ULL * 1024 * 1024 * 1024;

    struct statvfs space {};

    if (std::getenv("TMPDIR") != nullptr || statvfs(kMemory, &space) != 0) return {};
    return uint64_t{space.f_bavail} * space.f_frsize >= kRoom ? kMemory : "";
}

std::string tail(const std::string& file) {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    const std::string all = text.str();
    constexpr size_t kKept = 2000;
    return all.size() <= kKept ? all : all.substr(all.size() - kKept);
}

std::string find_program(const std::string& name, const std::vector<std::string>& also) {
    std::vector<std::string> folders = also;
    if (const char* path = std::getenv("PATH"); path != nullptr) {
        std::stringstream list(path);
        for (std::string folder; std::getline(list, folder, ':');) folders.push_back(folder);
    }
    for (const std::string& folder : folders) {
        std::string candidate = folder + "/" + name;
        if (access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return {};
}

}  // namespace ezapi::tests
