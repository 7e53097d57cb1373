#include "tests/bench/stack.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "tests/support/child_process.hpp"

namespace ezapi::bench {
namespace {

tests::InstanceOptions options_of(const std::string& dsn,
                                  std::uint16_t redis_port,
                                  std::map<std::string, std::string> environment) {
    environment.try_emplace("EZ_LOG_LEVEL", "warn");
    return {.plugins = {"masters",
                        "keys",
                        "provider-groups",
                        "models",
                        "bindings",
                        "namespaces",
                        "features",
                        "logs",
                        "sync"},
            .dsn = dsn,
            .redis = "127.0.0.1:" + std::to_string(redis_port),
            .environment = std::move(environment)};
}

}  // namespace

Stack::Stack(std::map<std::string, std::string> environment)
    : postgres_(tests::Durability::durable),
      instance_(options_of(postgres_.dsn(), redis_.port(), std::move(environment))),
      sql_(postgres_.dsn()) {}

std::unique_ptr<tests::Instance> Stack::beside(std::map<std::string, std::string> environment,
                                               std::uint16_t redis_port) const {
    return std::make_unique<tests::Instance>(
        options_of(dsn(), redis_port == 0 ? redis_.port() : redis_port, std::move(environment)));
}

double Stack::status_mib(const std::string& field) const {
    std::ifstream file("/proc/" + std::to_string(instance_.pid()) + "/status");
    for (std::string word; file >> word;) {
        double kib = 0;
        if (word == field && file >> kib) return kib / 1024;
    }
    throw std::runtime_error("the server is gone");
}

double timed(std::vector<std::string> command) {
    const std::string program = tests::find_program(command.front());
    if (program.empty()) throw std::runtime_error(command.front() + " is not installed");
    command.front() = program;
    const std::string folder = tests::make_folder("ezapi-bench-");
    const std::string log = folder + "/log";
    const auto begin = std::chrono::steady_clock::now();
    const int code = tests::wait_process(
        tests::start_process(command, {.user = {}, .log = log, .parent_death_signal = SIGKILL}));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const std::string said = code == 0 ? std::string() : tests::tail(log);
    std::filesystem::remove_all(folder);
    if (code != 0) throw std::runtime_error(command.front() + " failed: " + said);
    return took.count();
}

}  // namespace ezapi::bench
