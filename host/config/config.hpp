// The configuration of one process: environment over file over default. Every value is checked
// against its schema, and faults are collected, so that all are reported together. Loading has no
// side effects and logs nothing.
//
//     Config config = Config::load({.environment = environment_of_process()});
//     if (!config.faults().empty()) … list them, exit 2
//     pools.size = config.integer("postgres.pool_size");
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/document.hpp"
#include "host/config/fault.hpp"
#include "host/config/schema.hpp"
#include "host/config/value.hpp"

namespace ezapi::host::config {

using Environment = std::map<std::string, std::string, std::less<>>;

/// The environment variables that begin with EZ_; empty ones count as unset.
[[nodiscard]] Environment environment_of_process();

struct Inputs {
    Environment environment;
    /// Where the file is searched when EZ_CONFIG_FILE is unset; the first that exists is read.
    std::vector<std::string> candidates = {"./config.yaml", "./config/config.yaml"};
};

/// What the configuration says about one plugin.
struct PluginChoice {
    bool enabled = false;
    bool required = true;  // false: its failure does not end the start
    std::string source;    // where it was set
};

/// One line of what `check-config` prints.
struct Resolved {
    std::string key;
    std::string value;   // without possible credentials
    std::string source;  // "default", "config.yaml:3", "EZ_API_PORT"
};

class Config {
public:
    [[nodiscard]] static Config load(const Inputs& inputs);

    /// The host's settings by key. A key that the table does not have, or has with another type, is
    /// a bug (std::logic_error). After a fault the value is the default.
    [[nodiscard]] int64_t integer(std::string_view key) const;
    [[nodiscard]] bool boolean(std::string_view key) const;
    [[nodiscard]] const std::string& text(std::string_view key) const;
    [[nodiscard]] const std::vector<std::string>& list(std::string_view key) const;
    [[nodiscard]] std::chrono::milliseconds milliseconds(std::string_view key) const;
    [[nodiscard]] std::chrono::seconds seconds(std::string_view key) const;

    /// "default", "config.yaml:3" or "EZ_API_PORT".
    [[nodiscard]] const std::string& source(std::string_view key) const;

    /// Nothing for a plugin that neither file nor environment names.
    [[nodiscard]] std::optional<PluginChoice> plugin(std::string_view name) const;

    /// Every plugin that the file or the environment names.
    [[nodiscard]] const std::map<std::string, PluginChoice, std::less<>>& plugins() const {
        return plugins_;
    }

    /// Resolves a plugin's settings into one flat JSON object; faults are added to faults(). Its
    /// keys count as known from then on.
    std::string plugin_settings(std::string_view plugin, const Schema& schema);

    /// Call after every enabled plugin's schema was read: adds a fault for each unknown key of the
    /// file. With `complete` false (some plugin was not opened) an unknown key without a similar
    /// known one may be a setting of that plugin, so it is returned as a warning instead.
    std::vector<std::string> check_unknown_keys(bool complete);

    /// Adds a fault of a host setting that its schema cannot express.
    void refuse(std::string_view key, std::string message);

    [[nodiscard]] const Faults& faults() const { return faults_; }

    /// The file that was read; empty: none was found.
    [[nodiscard]] const std::string& file() const { return document_.file; }

    /// Everything resolved so far, in the order of the schemas.
    [[nodiscard]] const std::vector<Resolved>& resolved() const { return resolved_; }

private:
    struct Held {
        Value value;
        std::string source;
    };

    Held resolve(const Setting& setting);
    Value fallback(const Setting& setting);
    void read_file(const Inputs& inputs);
    void read_plugins();
    void read_plugin_switches();
    void add_fault(std::string source, const std::string& key, std::string message);
    const Held& held(std::string_view key) const;

    Environment environment_;
    Document document_;
    Faults faults_;
    std::map<std::string, Held, std::less<>> values_;
    std::map<std::string, PluginChoice, std::less<>> plugins_;
    std::vector<Resolved> resolved_;
    std::vector<std::string> known_keys_;
    std::vector<std::string> known_variables_;
    std::map<std::string, bool, std::less<>> seen_plugins_;
};

}  // namespace ezapi::host::config
