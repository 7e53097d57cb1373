#include "tests/support/instance.hpp"

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/eventually.hpp"

namespace ezapi::tests {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> command_line(const std::map<std::string, std::string>& environment,
                                      const std::vector<std::string>& arguments) {
    std::vector<std::string> out{"/usr/bin/env"};
    for (const auto& [name, value] : environment) out.push_back(name + "=" + value);
    out.emplace_back(EZAPI_BINARY);
    out.insert(out.end(), arguments.begin(), arguments.end());
    return out;
}

std::string read_file(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

bool is_ready(uint16_t port) {
    try {
        return HttpClient(port).get("/health/ready").status == 200;
    } catch (const std::exception&) {
        return false;  // not listening yet
    }
}

}  // namespace

Instance::Instance(InstanceOptions options)
    : options_(std::move(options)), folder_("ezapi-instance"), port_(reserve_port()) {
    if (options_.dsn.empty()) options_.dsn = PrivatePostgres::shared().fresh_database();
    if (options_.redis.empty()) {
        PrivateRedis& redis = PrivateRedis::shared();
        RedisReader(redis.port()).command({"FLUSHALL"});
        options_.redis = redis.host() + ":" + std::to_string(redis.port());
    }
    write_configuration();
    start();
}

Instance::~Instance() {
    if (pid_ != 0) stop();
}

void Instance::write_configuration() const {
    std::ofstream file(folder_.path() + "/config.yaml");
    file << "plugins:\n  directories: [" << EZAPI_PLUGINS;
    for (const std::string& directory : options_.plugin_directories) file << ", " << directory;
    file << "]\n";
    for (const std::string& plugin : options_.plugins) {
        file << "  " << plugin << ": { enabled: true";
        if (const auto own = options_.plugin_settings.find(plugin);
            own != options_.plugin_settings.end())
            file << ", " << own->second;
        file << " }\n";
    }
    file << options_.settings;
}

std::map<std::string, std::string> Instance::environment() const {
    std::map<std::string, std::string> environment{
        {"EZ_CONFIG_FILE", folder_.path() + "/config.yaml"},
        {"EZ_STATE_DIR", folder_.path() + "/state"},
        {"EZ_MIGRATIONS_DIR", EZAPI_MIGRATIONS},
        {"EZ_API_ADDRESS", "127.0.0.1"},
        {"EZ_API_PORT", std::to_string(port_)},
        {"EZ_PG_DSN", options_.dsn},
        {"EZ_REDIS_ADDR", options_.redis},
        {"EZ_ADMIN_TOKEN", kAdminToken},
        {"EZ_INTERNAL_STATS_TOKEN", kInternalToken},
        // On a machine under load a connection can take longer than the default of two seconds.
        {"EZ_PG_CONNECT_TIMEOUT_MS", "10000"},
        {"EZ_PG_WAIT_MS", "10000"},
    };
    // Records of tests have fixed dates: the retention must not delete them meanwhile.
    if (std::count(options_.plugins.begin(), options_.plugins.end(), "logs") > 0) {
        environment["EZ_LOG_RETENTION_DAYS"] = "0";
        environment["EZ_LOG_ROLLUP_RETENTION_DAYS"] = "0";
    }
    for (const auto& [name, value] : options_.environment) environment[name] = value;
    return environment;
}

void Instance::start() {
    pid_ = start_process(
        command_line(environment(), {"serve"}),
        {.user = {}, .log = folder_.path() + "/ezapi.log", .parent_death_signal = SIGKILL});
    const bool ready = eventually(60s, [&] { return !process_runs(pid_) || is_ready(port_); }) &&
                       process_runs(pid_);
    if (!ready) {
        if (process_runs(pid_)) kill();
        pid_ = 0;
        throw std::runtime_error("ezapi did not become ready:\n" +
                                 tail(folder_.path() + "/ezapi.log"));
    }
}

std::string Instance::log() const {
    return read_file(folder_.path() + "/ezapi.log");
}

void Instance::signal(int number) const {
    ::kill(pid_, number);
}

int Instance::stop() {
    signal(SIGTERM);
    return wait_process(std::exchange(pid_, 0));
}

void Instance::kill() {
    signal(SIGKILL);
    wait_process(std::exchange(pid_, 0));
}

HttpAnswer push_all(HttpClient& admin) {
    HttpAnswer answer;
    const bool begun = eventually(60s, [&] {
        answer = admin.send("POST", "/admin/sync/full");
        return answer.status != 409;
    });
    if (!begun) throw std::runtime_error("another full push never ended");
    return answer;
}

RunResult run_ezapi(const std::vector<std::string>& arguments,
                    const std::map<std::string, std::string>& environment) {
    const TemporaryFolder folder("ezapi-run");
    const int pid =
        start_process(command_line(environment, arguments),
                      {.user = {}, .log = folder.path() + "/log", .parent_death_signal = SIGKILL});
    RunResult result;
    result.exit_code = wait_process(pid);
    result.output = read_file(folder.path() + "/log");
    return result;
}

std::unique_ptr<Instance> InstanceTest::instance_;
std::unique_ptr<HttpClient> InstanceTest::admin_;

void InstanceTest::SetUp() {
    if (const std::string why = PrivatePostgres::missing(); !why.empty()) GTEST_SKIP() << why;
    if (const std::string why = PrivateRedis::missing(); !why.empty()) GTEST_SKIP() << why;
    if (!instance_) {
        instance_ = std::make_unique<Instance>(options());
        admin_ = std::make_unique<HttpClient>(instance_->admin());
    }
}

void InstanceTest::TearDownTestSuite() {
    admin_.reset();
    instance_.reset();
}

}  // namespace ezapi::tests
