// A server that a test starts: runs as an unprivileged user where the server demands it, writes its
// output to a file, and dies with the test even when that is killed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ezapi::tests {

struct ChildOptions {
    std::string user;  // run as it when the test runs as root; empty: as the test
    std::string log;   // file for standard output and error
    int parent_death_signal = 9;
};

/// Starts `arguments[0]`; returns its process id. Throws std::runtime_error when it cannot be
/// forked.
[[nodiscard]] int start_process(const std::vector<std::string>& arguments,
                                const ChildOptions& options);

/// Waits for its end; returns the exit code, or 128 + signal.
int wait_process(int pid);

/// True while it has not ended; an ended one is reaped.
[[nodiscard]] bool process_runs(int pid);

/// A TCP port of 127.0.0.1 for a server that a test starts, reserved until this process ends. A
/// socket that never listens stays bound to it, so the kernel gives the port to no other connection
/// and to no server that asks for any port. A server that sets SO_REUSEADDR can bind it, also after
/// a restart. Throws std::runtime_error when no port is left.
[[nodiscard]] uint16_t reserve_port();

/// A new directory under `base`, or the system's temporary one if that is empty, owned by `user` if
/// that is not empty.
[[nodiscard]] std::string make_folder(const std::string& prefix,
                                      const std::string& user = {},
                                      const std::string& base = {});

/// A new directory that is removed with all that is in it when this ends.
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

/// A folder in memory for much short-lived data; empty where there is none or little room.
[[nodiscard]] std::string memory_folder();

/// The last lines of a log, for a message about a failure.
[[nodiscard]] std::string tail(const std::string& file);

/// Full path of a program, looked up in PATH and `also`; empty: there is none.
[[nodiscard]] std::string find_program(const std::string& name,
                                       const std::vector<std::string>& also = {});

}  // namespace ezapi::tests
