// Finds, opens, orders, starts and stops plugins, and reports their states. All failures are
// collected: one plugin that cannot run does not hide another's failure. Opening, starting and
// stopping happen on the main thread only; report() is for any thread.
//
// At a stop a plugin leaves the registries first (no new calls, those in flight are waited for),
// then its `stop` runs, then its callbacks are freed. One that is still busy at the limit stays
// loaded until the process ends.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/abi.h"
#include "host/modules/context.hpp"
#include "host/modules/library.hpp"
#include "host/modules/registry.hpp"

namespace ezapi::host::modules {

class Services;

enum class State { kDisabled, kRunning, kFailed, kStopping };

[[nodiscard]] std::string_view to_text(State state) noexcept;

struct PluginReport {
    std::string name;
    std::string version;  // empty: not opened
    std::string abi;
    State state = State::kDisabled;
    std::string error;
    std::string file;  // empty: none was found
    std::vector<std::string> depends_on;
    bool required = false;
};

/// The configuration of one plugin.
struct Wish {
    bool enabled = false;
    bool required = true;
};

struct LoaderOptions {
    std::vector<std::string> directories;
    /// The plugin's resolved settings as JSON; throws ezapi::Error when they cannot be used.
    std::function<std::string(const Library&)> settings;
};

/// What plugins are started with.
struct Attachment {
    const Components* components = nullptr;
    /// All tables are set; the context is set for each plugin.
    ez_host tables{};
    Services* services = nullptr;
    /// In the order in which a stopping plugin leaves them; services last. A starting plugin enters
    /// them in the reverse order.
    std::vector<Registry*> registries;
    /// Applies the plugin's migrations before a start at run time; may be empty.
    std::function<void(const std::string& plugin)> migrate;
    std::chrono::milliseconds stop_limit{10000};
};

class Loader {
public:
    explicit Loader(LoaderOptions options);
    ~Loader();
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    /// Finds the files and opens those of the enabled plugins, then orders them. With
    /// `all_when_unnamed` (no configuration) a plugin without a wish counts as enabled and
    /// required.
    void open(const std::map<std::string, Wish, std::less<>>& wishes, bool all_when_unnamed);

    /// The plugins that can be started, in that order.
    [[nodiscard]] std::vector<std::string> start_order() const;

    /// True when every enabled plugin was opened, so that all settings are known.
    [[nodiscard]] bool all_opened() const;

    /// Once, before start().
    void attach(Attachment host);

    /// Starts the plugins that can start, then makes them live together.
    void start();

    /// Stops all in reverse order. False: at least one stayed busy, its code may still run.
    bool stop();

    /// At run time, for one plugin; the plugins that name it in depends_on or after stop and start
    /// with it. Throws ezapi::Error: EZ_NOT_FOUND for a plugin that has no file, EZ_CONFLICT with
    /// the reason when it does not reach the requested state. Not kept over a restart of the
    /// process.
    void enable(std::string_view name);
    void disable(std::string_view name);
    void reload(std::string_view name);

    /// One sentence for each failed plugin; those of required ones end the start.
    [[nodiscard]] std::vector<std::string> failures(bool required) const;

    [[nodiscard]] std::vector<PluginReport> report() const;

private:
    struct Plugin;
    using Names = std::set<std::string, std::less<>>;

    void find_files();
    void open_one(Plugin& plugin);
    [[nodiscard]] std::vector<Plugin*> ordered(const Names& names);
    [[nodiscard]] Names with_dependants(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> unmet(const Plugin& plugin, bool running) const;
    void start_these(const Names& names);
    bool start_one(Plugin& plugin);
    bool stop_these(const Names& names);
    bool stop_one(Plugin& plugin);
    void bring_up(const Names& names);
    [[nodiscard]] Plugin& require(std::string_view name);
    void set_state(Plugin& plugin, State state, const std::string& error = {});
    void fail(Plugin& plugin, const std::string& why);

    LoaderOptions options_;
    Attachment host_;
    mutable std::mutex mutex_;  // guards what report() reads; changed on the main thread only
    std::map<std::string, std::unique_ptr<Plugin>, std::less<>> plugins_;
    bool serving_ = false;          // the start is over
    std::vector<Plugin*> started_;  // running ones, in the order of their starts
};

}  // namespace ezapi::host::modules
