// The program `ezapi`: its command line. Exit codes: 0 done, 1 something failed while running (a
// port in use, a database that refuses), 2 the configuration or a required plugin is refused, 64
// the command line is not understood. Each failure is one sentence on standard error.
#pragma once

namespace ezapi::host::app {

[[nodiscard]] int run(int argc, char** argv);

}  // namespace ezapi::host::app
