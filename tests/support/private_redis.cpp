#include "tests/support/private_redis.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::tests {
namespace {

constexpr std::chrono::seconds kStartLimit{20};

/// Sends one inline command and returns the first line of the reply; empty when nobody answers.
std::string ask(const std::string& host, uint16_t port, const std::string& command) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    std::string answer;
    const std::string line = command + "\r\n";
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size())) {
        char buffer[256];
        const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
        if (count > 0) answer.assign(buffer, static_cast<size_t>(count));
    }
    close(fd);
    return answer;
}

}  // namespace

std::string PrivateRedis::missing() {
    if (std::getenv("EZ_TEST_REDIS") != nullptr) return {};
    return find_program("redis-server").empty() ? "no Redis server here: redis-server not found"
                                                : "";
}

PrivateRedis& PrivateRedis::shared() {
    static PrivateRedis server;
    return server;
}

PrivateRedis::PrivateRedis(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
    const char* running = std::getenv("EZ_TEST_REDIS");
    if (running != nullptr && arguments_.empty()) {
        external_ = true;
        const std::string place = running;
        const size_t colon = place.rfind(':');
        if (colon == std::string::npos)
            throw std::runtime_error("EZ_TEST_REDIS: expected host:port");
        host_ = place.substr(0, colon);
        port_ = static_cast<uint16_t>(std::stoi(place.substr(colon + 1)));
        if (ask(host_, port_, "FLUSHALL").rfind("+OK", 0) != 0) {
            throw std::runtime_error("EZ_TEST_REDIS " + place + ": does not answer FLUSHALL");
        }
        return;
    }
    folder_ = make_folder("ezapi-redis-");
    start();
}

PrivateRedis::~PrivateRedis() {
    if (external_) return;
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void PrivateRedis::start() {
    if (pid_ != 0 || external_) return;
    const std::string log = folder_ + "/redis.log";
    const bool keep_port = port_ != 0;
    for (int attempt = 0; attempt < 5; ++attempt) {
        if (port_ == 0) port_ = reserve_port();
        std::vector<std::string> arguments{find_program("redis-server"),
                                           "--port",
                                           std::to_string(port_),
                                           "--bind",
                                           "127.0.0.1",
                                           "--save",
                                           "",
                                           "--appendonly",
                                           "no",
                                           "--dir",
                                           folder_,
                                           "--enable-debug-command",
                                           "yes"};
        arguments.insert(arguments.end(), arguments_.begin(), arguments_.end());
        pid_ = start_process(arguments, {"", log, SIGKILL});
        bool ended = false;
        const bool up = eventually(kStartLimit, [&] {
            ended = !process_runs(pid_);
            return ended || !ask(host_, port_, "PING").empty();
        });
        if (up && !ended) return;
        if (!ended) {
            kill(pid_, SIGKILL);
            wait_process(pid_);
        }
        pid_ = 0;
        if (!keep_port) port_ = 0;
    }
    throw std::runtime_error("Redis did not start: " + tail(log));
}

void PrivateRedis::stop() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    wait_process(pid_);
    pid_ = 0;
}

void PrivateRedis::restart() {
    stop();
    start();
}

void PrivateRedis::pause() {
    if (pid_ != 0) kill(pid_, SIGSTOP);
}

void PrivateRedis::resume() {
    if (pid_ != 0) kill(pid_, SIGCONT);
}

}  // namespace ezapi::tests
