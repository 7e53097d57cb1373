// A server process started by a test: runs as an unprivileged user if required, writes its output
// to a file, and is killed with the test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ezapi::tests {

struct ChildOptions {
    std::string user;  // if the test runs as root; empty: same user
    std::string log;   // file for stdout and stderr
    int parent_death_signal = 9;
};

/// Starts `arguments[0]`; returns its process id. Throws std::runtime_error when fork fails.
[[nodiscard]] int start_process(const std::vector<std::string>& arguments,
                                const ChildOptions& options);

/// Waits until it ends; returns the exit code, or 128 + signal.
int wait_process(int pid);

/// True while it is running; a process that has ended is reaped.
[[nodiscard]] bool process_runs(int pid);

/// Reserves a TCP port of 127.0.0.1 for a server, until this process ends. A socket that never
/// listens stays bound to it, so that the kernel assigns the port neither to a connection nor to a
/// server that asks for any port. A server with SO_REUSEADDR can bind it, also after a restart.
/// Throws std::runtime_error when no port is left.
[[nodiscard]] uint16_t reserve_port();

/// Creates a directory in `base`, or in the system's temporary one if that is empty; owned by
/// `user` if that is not empty.
[[nodiscard]] std::string make_folder(const std::string& prefix,
                                      const std::string& user = {},
                                      const std::string& base = {});

/// A temporary directory that is removed with its content by the destructor.
class TemporaryFolder {
public:
    explicit TemporaryFolder(const std::string& prefix) : path_(make_folder(prefix)) {}

    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// A folder in memory (tmpfs) for much short-lived data; empty when there is none or too little
/// space.
[[nodiscard]] std::string memory_folder();

/// The last lines of a log, for failure messages.
[[nodiscard]] std::string tail(const std::string& file);

/// Full path of a program, searched in PATH and `also`; empty when not found.
[[nodiscard]] std::string find_program(const std::string& name,
                                       const std::vector<std::string>& also = {});

}  // namespace ezapi::tests
