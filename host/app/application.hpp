// The program `ezapi`: its command line. Exit codes: 0 success, 1 failure at run time (a port in
// use, a database that refuses), 2 invalid configuration or a required plugin that cannot run, 64
// invalid command line. Each failure is one sentence on standard error.
#pragma once

namespace ezapi::host::app {

[[nodiscard]] int run(int argc, char** argv);

}  // namespace ezapi::host::app
