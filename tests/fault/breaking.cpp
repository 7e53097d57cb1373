// The step() of the sync plugin that the tests crash: the file named by EZ_TEST_SYNC_STEP contains
// "kill <step>" or "stop <step>", and is removed once that has happened. Each step that is passed
// is appended as a line to a file next to it, whose name ends with ".passed".
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

#include "delivery/fault_points.hpp"

namespace ezapi::sync {

void step(const char* name) {
    const char* path = std::getenv("EZ_TEST_SYNC_STEP");
    if (path == nullptr) return;
    std::ofstream(std::string(path) + ".passed", std::ios::app) << name << std::endl;
    std::string what;
    std::string where;
    std::ifstream file(path);
    if (!(file >> what) || !std::getline(file >> std::ws, where) || where != name) return;
    ::unlink(path);
    ::kill(::getpid(), what == "kill" ? SIGKILL : SIGSTOP);
}

}  // namespace ezapi::sync
