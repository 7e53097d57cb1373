#include "host/app/setup.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>

#include "ezapi/error.hpp"
#include "host/app/paths.hpp"
#include "host/config/bearer.hpp"
#include "host/config/credentials.hpp"
#include "host/config/weak_token.hpp"
#include "host/db/dsn.hpp"
#include "host/http/policy/cors.hpp"
#include "host/http/policy/proxies.hpp"
#include "host/telemetry/log.hpp"

namespace ezapi::host::app {
namespace {

constexpr uint16_t kRedisPort = 6379;

struct Address {
    std::string host;
    uint16_t port = kRedisPort;
};

/// host:port, [v6]:port, host alone, or the path of a Unix socket.
Address parse_address(const std::string& text) {
    if (text.starts_with('/')) return {text, 0};
    Address out{text, kRedisPort};
    std::string port;
    if (text.starts_with('[')) {
        const size_t close = text.find(']');
        if (close != std::string::npos) {
            out.host = text.substr(1, close - 1);
            if (close + 1 < text.size()) port = text.substr(close + 1);
        }
    } else if (const size_t colon = text.rfind(':'); colon != std::string::npos) {
        out.host = text.substr(0, colon);
        port = text.substr(colon);
    }
    const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), out.port);
    const bool port_is_whole = port.empty() || (port[0] == ':' && error == std::errc{} &&
                                                end == port.data() + port.size() && out.port != 0);
    const bool host_is_one =
        !out.host.empty() &&
        (text[0] == '[' || out.host.find_first_of(":/[] ") == std::string::npos);
    if (!port_is_whole || !host_is_one) {
        throw Error(EZ_INVALID,
                    config::quoted(text) +
                        " is none of host:port, [address]:port and the path of a socket");
    }
    return out;
}

/// Records what the check throws as a fault of the setting; its message may name the setting again.
template <class Check>
void judge(config::Config& config, std::string_view key, Check&& check) {
    ez_error error{};
    if (guard(&error, std::forward<Check>(check)) == EZ_OK) return;
    std::string_view why = error.message;
    if (const std::string name = std::string(key) + ": "; why.starts_with(name))
        why.remove_prefix(name.size());
    config.refuse(key, std::string(why));
}

}  // namespace

Setup::Setup(const Invocation& invocation) {
    inputs_.environment = config::environment_of_process();
    inputs_.candidates = config_candidates();
    if (!invocation.config_file.empty())
        inputs_.environment["EZ_CONFIG_FILE"] = invocation.config_file;
    config_ = std::make_unique<config::Config>(config::Config::load(inputs_));
    apply_log_settings(*config_);
    check_host_rules();
    check_folders();

    modules::LoaderOptions options;
    options.directories = config_->list("plugins.directories");
    if (config_->source("plugins.directories") == "default") {
        options.directories.push_back(installed_plugins().string());
    }
    options.settings = [this](const modules::Library& library) {
        return opened_ ? settings_now(library) : settings_of(library);
    };
    loader_ = std::make_unique<modules::Loader>(std::move(options));
    std::map<std::string, modules::Wish, std::less<>> wishes;
    for (const auto& [name, choice] : config_->plugins())
        wishes[name] = {choice.enabled, choice.required};
    const bool no_file = config_->file().empty();
    loader_->open(wishes, /*all_when_unnamed=*/no_file);
    for (std::string& warning : config_->check_unknown_keys(loader_->all_opened()))
        warnings_.push_back(std::move(warning));
    if (no_file)
        warnings_.emplace_back(
            "no configuration file was found: every plugin that is found is enabled");
    opened_ = true;
}

/// Checks that a schema entry cannot express.
void Setup::check_host_rules() {
    judge(*config_, "postgres.dsn", [&] {
        db::check_dsn("postgres.dsn", config_->text("postgres.dsn"));
    });
    if (const std::string& dsn = config_->text("postgres.log_dsn"); !dsn.empty()) {
        judge(*config_, "postgres.log_dsn", [&] { db::check_dsn("postgres.log_dsn", dsn); });
    }
    judge(*config_, "redis.addr", [&] { static_cast<void>(redis_options(*config_)); });
    // Each network alone, so that each wrong element is named.
    for (const std::string& origin : config_->list("cors.allow_origins"))
        judge(*config_, "cors.allow_origins", [&] { static_cast<void>(http::Cors(origin)); });
    for (const std::string& network : config_->list("server.trusted_proxies")) {
        judge(*config_, "server.trusted_proxies", [&] {
            static_cast<void>(http::Proxies(std::span(&network, 1)));
        });
    }
    check_credentials();
}

void Setup::check_credentials() {
    constexpr std::array<std::string_view, 3> kKeys = {
        "auth.admin_token", "auth.internal_stats_token", "auth.jwt_secret"};
    for (size_t at = 0; at < kKeys.size(); ++at) {
        const std::string_view key = kKeys[at];
        const std::string& token = config_->text(key);
        if (token.empty()) continue;
        const bool is_sent = key != "auth.jwt_secret";
        if (is_sent && !config::is_bearer(token)) {
            config_->refuse(key,
                            "the value (not shown) is not of " + std::string(config::kBearerRule));
            continue;
        }
        if (const std::string weakness = config::weakness_of(token); !weakness.empty()) {
            config_->refuse(key,
                            "the value (not shown) is soon guessed: " + weakness + "; " +
                                std::string(config::kStrongToken));
            continue;
        }
        for (size_t other = 0; other < at; ++other) {
            if (token == config_->text(kKeys[other]))
                config_->refuse(key,
                                "the value (not shown) is that of " + std::string(kKeys[other]) +
                                    "; expected another for each");
        }
    }
}

/// Configured directories must exist; the default ones may be missing.
void Setup::check_folders() {
    const std::string& migrations = config_->text("migrations.directory");
    if (!migrations.empty() && !is_folder(migrations))
        config_->refuse("migrations.directory", config::quoted(migrations) + " is not a directory");
    constexpr std::string_view kPlugins = "plugins.directories";
    const std::string& source = config_->source(kPlugins);
    if (source == "default") return;
    std::vector<std::string> absent;
    for (const std::string& folder : config_->list(kPlugins)) {
        if (!is_folder(folder)) absent.push_back(config::quoted(folder) + " is not a directory");
    }
    // One existing directory may contain all plugins, so a missing one is only a warning.
    const bool all = absent.size() == config_->list(kPlugins).size();
    for (const std::string& what : absent) {
        if (all) {
            config_->refuse(kPlugins, what);
        } else {
            warnings_.push_back(source + ": " + std::string(kPlugins) + ": " + what);
        }
    }
}

/// At the start: faults are collected with all others and reported later.
std::string Setup::settings_of(const modules::Library& library) {
    return config_->plugin_settings(library.name(),
                                    config::parse_schema(library.name(), library.config_schema()));
}

/// At run time: from the file and the environment as they are now.
std::string Setup::settings_now(const modules::Library& library) const {
    config::Config fresh = config::Config::load(inputs_);
    const size_t before = fresh.faults().size();
    std::string settings = fresh.plugin_settings(
        library.name(), config::parse_schema(library.name(), library.config_schema()));
    std::string faults;
    for (size_t i = before; i < fresh.faults().size(); ++i)
        faults += (faults.empty() ? "" : "; ") + fresh.faults()[i].text();
    if (!faults.empty()) throw Error(EZ_INVALID, faults);
    return settings;
}

std::vector<std::string> Setup::refusals() const {
    std::vector<std::string> out;
    for (const config::Fault& fault : config_->faults()) out.push_back(fault.text());
    for (std::string& failure : loader_->failures(/*required=*/true))
        out.push_back(std::move(failure));
    return out;
}

std::vector<std::string> Setup::migration_modules() const {
    std::vector<std::string> modules = {"core"};
    for (std::string& name : loader_->start_order()) modules.push_back(std::move(name));
    return modules;
}

db::PoolsOptions pools_options(const config::Config& config) {
    db::PoolsOptions out;
    out.main.dsn = config.text("postgres.dsn");
    out.main.size = static_cast<size_t>(config.integer("postgres.pool_size"));
    out.main.wait_limit = config.milliseconds("postgres.wait_ms");
    out.main.connect_timeout = config.milliseconds("postgres.connect_timeout_ms");
    out.main.statement_timeout = config.milliseconds("postgres.statement_timeout_ms");
    out.main.lock_timeout = config.milliseconds("postgres.lock_timeout_ms");
    out.logs = out.main;
    out.logs.dsn = config.text("postgres.log_dsn");
    out.logs.size = static_cast<size_t>(config.integer("postgres.log_pool_size"));
    return out;
}

db::MigrationsOptions migrations_options(const config::Config& config) {
    db::MigrationsOptions out;
    out.folder = migrations_folder(config.text("migrations.directory"));
    out.dsn = config.text("postgres.dsn");
    // No request is waiting here, so a loaded server gets more time.
    out.connect_timeout = std::max(config.milliseconds("postgres.connect_timeout_ms"),
                                   std::chrono::milliseconds(10000));
    return out;
}

redis::Options redis_options(const config::Config& config) {
    const Address address = parse_address(config.text("redis.addr"));
    redis::Options out;
    out.host = address.host;
    out.port = address.port;
    out.username = config.text("redis.username");
    out.password = config.text("redis.password");
    out.database = static_cast<int>(config.integer("redis.db"));
    out.pool_size = static_cast<size_t>(config.integer("redis.pool_size"));
    out.connect_timeout = config.milliseconds("redis.connect_timeout_ms");
    out.timeout = config.milliseconds("redis.timeout_ms");
    return out;
}

void apply_log_settings(const config::Config& config) {
    telemetry::set_level(telemetry::level_of(config.text("log.level")).value_or(EZ_LOG_INFO));
    const bool json = config.text("log.format") == "json";
    telemetry::set_format(json ? telemetry::LogFormat::kJson : telemetry::LogFormat::kText);
}

}  // namespace ezapi::host::app
