#include "tests/support/private_postgres.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"

namespace ezapi::tests {
namespace {

constexpr std::chrono::seconds kStartLimit{30};
const char* const kUser = "postgres";

std::vector<std::string> server_folders() {
    std::vector<std::string> folders;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
        folders.push_back((entry.path() / "bin").string());
    }
    std::sort(folders.rbegin(), folders.rend());
    return folders;
}

void execute(const std::string& dsn, const std::string& sql) {
    PGconn* connection = PQconnectdb(dsn.c_str());
    PGresult* result = PQexec(connection, sql.c_str());
    const bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    const std::string why = PQerrorMessage(connection);
    PQclear(result);
    PQfinish(connection);
    if (!ok) throw std::runtime_error(sql + ": " + why);
}

/// The DSN with another database; its parts are separated by spaces.
std::string with_database(const std::string& dsn, const std::string& name) {
    std::stringstream words(dsn);
    std::string result;
    for (std::string word; words >> word;) {
        if (word.rfind("dbname=", 0) != 0) result += word + " ";
    }
    return result + "dbname=" + name;
}

/// Process ids of the children of `parent`.
std::vector<int> children_of(int parent) {
    std::vector<int> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        const std::string name = entry.path().filename().string();
        if (!std::all_of(
                name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) {
            continue;
        }
        std::ifstream in(entry.path() / "stat");
        std::string line;
        std::getline(in, line);
        const size_t end = line.rfind(')');  // the command's name may contain anything
        if (end == std::string::npos) continue;
        std::stringstream rest(line.substr(end + 1));
        std::string state;
        int ppid = 0;
        if (rest >> state >> ppid && ppid == parent) found.push_back(std::stoi(name));
    }
    return found;
}

/// Keeps owners and modes.
void copy_cluster(const std::string& from, const std::string& to) {
    const std::string log = to + ".log";
    if (wait_process(start_process({"/bin/cp", "-a", from, to}, {{}, log, SIGKILL})) != 0)
        throw std::runtime_error("cannot copy " + from + " to " + to + ": " + tail(log));
    std::filesystem::remove(log);
}

std::vector<const char*> settings_of(Durability durability) {
    std::vector<const char*> settings{
        "max_connections=200", "logging_collector=off", "log_min_messages=warning", "jit=off"};
    if (durability == Durability::durable) {
        settings.insert(settings.end(), {"shared_buffers=512MB", "max_wal_size=4GB"});
    } else {
        settings.insert(settings.end(),
                        {"fsync=off",
                         "synchronous_commit=off",
                         "full_page_writes=off",
                         "shared_buffers=16MB",
                         "wal_level=minimal",
                         "max_wal_senders=0"});
    }
    return settings;
}

}  // namespace

struct PrivatePostgres::External {
    std::string server;  // DSN from the environment
    std::vector<std::string> databases;
};

std::string PrivatePostgres::missing() {
    if (std::getenv("EZ_TEST_PG_DSN") != nullptr) return {};
    for (const char* program : {"initdb", "postgres"}) {
        if (find_program(program, server_folders()).empty()) {
            return std::string("no PostgreSQL server here: ") + program + " not found";
        }
    }
    return {};
}

PrivatePostgres& PrivatePostgres::shared() {
    static PrivatePostgres server;
    return server;
}

PrivatePostgres::PrivatePostgres(Durability durability) : durability_(durability) {
    if (const char* dsn = std::getenv("EZ_TEST_PG_DSN"); dsn != nullptr) {
        external_ = std::make_unique<External>();
        external_->server = dsn;
        dsn_ = fresh_database();
        return;
    }
    folder_ = make_folder(
        "ezapi-pg-", kUser, durability_ == Durability::none ? memory_folder() : std::string());
    initialise();
    start();
    dsn_ = fresh_database();
}

PrivatePostgres::~PrivatePostgres() {
    if (external_ != nullptr) {
        for (const std::string& name : external_->databases) {
            try {
                execute(external_->server, "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
            } catch (const std::exception& error) {
                std::fprintf(stderr, "%s\n", error.what());
            }
        }
        return;
    }
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

/// initdb takes longer than many a test: the first cluster that a build makes is kept in its folder,
/// one for each version of PostgreSQL and user, and copied by all others.
void PrivatePostgres::initialise() {
    const std::filesystem::path server = find_program("postgres", server_folders());
    const std::string version = server.parent_path().parent_path().filename();
    const std::filesystem::path kept =
        std::filesystem::path(EZAPI_CLUSTERS) / (version + "-" + std::to_string(getuid()));
    if (std::filesystem::exists(kept)) return copy_cluster(kept, folder_ + "/data");
    make_cluster();
    // Under a name of its own first: others may be doing the same.
    const std::string copy = kept.string() + "." + std::to_string(getpid());
    std::filesystem::create_directories(EZAPI_CLUSTERS);
    copy_cluster(folder_ + "/data", copy);
    std::error_code taken;
    std::filesystem::rename(copy, kept, taken);
    if (taken) std::filesystem::remove_all(copy);
}

void PrivatePostgres::make_cluster() {
    const std::string log = folder_ + "/initdb.log";
    const int pid = start_process({find_program("initdb", server_folders()),
                                   "-D",
                                   folder_ + "/data",
                                   "-U",
                                   "ezapi",
                                   "-A",
                                   "trust",
                                   "-E",
                                   "UTF8",
                                   "--locale=C.UTF-8",
                                   "--no-sync",
                                   "--no-instructions"},
                                  {kUser, log, SIGKILL});
    if (wait_process(pid) != 0) throw std::runtime_error("initdb failed: " + tail(log));
}

void PrivatePostgres::start() {
    if (pid_ != 0 || external_ != nullptr) return;
    const std::string log = folder_ + "/server.log";
    // Another process may take the port between its choice and its use: then tries another one. A
    // restart keeps the port, because clients have the DSN.
    for (int attempt = 0; attempt < 5; ++attempt) {
        if (port_ == 0) port_ = reserve_port();
        const std::string port = std::to_string(port_);
        std::vector<std::string> arguments{find_program("postgres", server_folders()),
                                           "-D",
                                           folder_ + "/data",
                                           "-p",
                                           port,
                                           "-k",
                                           folder_,
                                           "-h",
                                           "127.0.0.1"};
        for (const char* setting : settings_of(durability_)) {
            arguments.insert(arguments.end(), {"-c", setting});
        }
        pid_ = start_process(arguments, {kUser, log, SIGQUIT});
        const std::string server = "host=127.0.0.1 port=" + port + " user=ezapi dbname=postgres";
        bool ended = false;
        const bool up = eventually(kStartLimit, [&] {
            ended = !process_runs(pid_);
            return ended || PQping(server.c_str()) == PQPING_OK;
        });
        if (up && !ended) return;
        if (!ended) {
            kill(pid_, SIGKILL);
            wait_process(pid_);
        }
        pid_ = 0;
        if (dsn_.empty()) port_ = 0;
    }
    throw std::runtime_error("PostgreSQL did not start: " + tail(log));
}

void PrivatePostgres::stop() {
    if (pid_ == 0) return;
    thaw();
    kill(pid_, SIGQUIT);
    wait_process(pid_);
    pid_ = 0;
}

void PrivatePostgres::restart() {
    stop();
    start();
}

void PrivatePostgres::signal_all(int signal) {
    if (pid_ == 0) return;
    // The postmaster first, so that it starts no further child.
    kill(pid_, signal);
    for (const int child : children_of(pid_)) kill(child, signal);
}

void PrivatePostgres::freeze() {
    signal_all(SIGSTOP);
}

void PrivatePostgres::thaw() {
    signal_all(SIGCONT);
}

std::string PrivatePostgres::fresh_database() {
    const std::string server =
        external_ != nullptr
            ? external_->server
            : "host=127.0.0.1 port=" + std::to_string(port_) + " user=ezapi dbname=postgres";
    const std::string name =
        "ez_test_" + std::to_string(getpid()) + "_" + std::to_string(++databases_);
    execute(server, "CREATE DATABASE " + name);
    if (external_ != nullptr) external_->databases.push_back(name);
    return with_database(server, name);
}

}  // namespace ezapi::tests
