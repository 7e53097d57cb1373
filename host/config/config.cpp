#include "host/config/config.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <utility>

#include "ezapi/error.hpp"
#include "host/config/credentials.hpp"
#include "host/config/host_settings.hpp"
#include "host/config/nearest.hpp"

namespace ezapi::host::config {
namespace {

constexpr std::string_view kPlugins = "plugins.";

bool is_host_plugin_key(std::string_view key) {
    return key == "plugins.directories";
}

/// "masters" of "plugins.masters.enabled" and of "plugins.masters"; empty for any other key.
std::string_view plugin_of(std::string_view key) {
    if (!key.starts_with(kPlugins) || is_host_plugin_key(key)) return {};
    key.remove_prefix(kPlugins.size());
    return key.substr(0, std::min(key.find('.'), key.size()));
}

Setting plugin_switch(std::string_view plugin, const std::string& name, bool fallback) {
    Setting setting;
    setting.name = name;
    setting.key = std::string(kPlugins) + std::string(plugin) + "." + name;
    setting.env = plugin_variable(plugin, name);
    setting.type = Type::kBoolean;
    setting.fallback = fallback ? "true" : "false";
    return setting;
}

std::string default_source() {
    return "default";
}

}  // namespace

Environment environment_of_process() {
    Environment out;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const size_t equals = text.find('=');
        if (!text.starts_with("EZ_") || equals == std::string_view::npos ||
            equals + 1 == text.size())
            continue;
        out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

Config Config::load(const Inputs& inputs) {
    Config config;
    config.environment_ = inputs.environment;
    config.read_file(inputs);
    for (const Setting& setting : host_settings()) {
        config.values_[setting.key] = config.resolve(setting);
    }
    config.read_plugins();
    return config;
}

void Config::read_file(const Inputs& inputs) {
    std::string file;
    if (const auto named = environment_.find("EZ_CONFIG_FILE"); named != environment_.end()) {
        file = named->second;
    } else {
        const auto found =
            std::find_if(inputs.candidates.begin(), inputs.candidates.end(), [](const auto& name) {
                std::error_code error;
                return std::filesystem::exists(name, error);
            });
        if (found != inputs.candidates.end()) file = *found;
    }
    if (file.empty()) return;
    document_ = read_document(file);
    faults_.insert(faults_.end(), document_.faults.begin(), document_.faults.end());
}

Value Config::fallback(const Setting& setting) {
    if (setting.fallback.empty()) {
        switch (setting.type) {
            case Type::kInteger:
                return int64_t{0};
            case Type::kNumber:
                return 0.0;
            case Type::kBoolean:
                return false;
            case Type::kList:
                return std::vector<std::string>{};
            default:
                return std::string();
        }
    }
    return parse_value(setting, setting.fallback);
}

Config::Held Config::resolve(const Setting& setting) {
    known_keys_.push_back(setting.key);
    if (!setting.env.empty()) known_variables_.push_back(setting.env);
    Held out{{}, default_source()};
    const auto variable = environment_.find(setting.env);
    const auto entry = document_.entries.find(setting.key);
    const bool in_file =
        entry != document_.entries.end() && !entry->second.null &&
        !(entry->second.kind == Entry::Kind::kScalar && entry->second.text.empty());
    try {
        if (!setting.env.empty() && variable != environment_.end()) {
            out.source = setting.env;
            out.value = parse_value(setting, variable->second);
        } else if (in_file) {
            out.source = document_.source(entry->second);
            if (entry->second.kind == Entry::Kind::kEmptyMap) {
                throw Error(EZ_INVALID, "a mapping is not " + setting.allowed());
            }
            const bool list = entry->second.kind == Entry::Kind::kList;
            if (list && setting.type != Type::kList) {
                throw Error(EZ_INVALID, "a list is not " + setting.allowed());
            }
            out.value = list ? parse_list(setting, entry->second.items)
                             : parse_value(setting, entry->second.text);
        } else {
            out.value = fallback(setting);
        }
    } catch (const Error& error) {
        add_fault(out.source, setting.key, error.what());
        // A usable value, so that faults of settings that depend on it are found in the same run.
        Setting relaxed;
        relaxed.type = setting.type;
        relaxed.fallback = setting.fallback;
        out.value = fallback(relaxed);
    }
    // A plugin may read a setting of the host; it is listed once.
    const bool shown = std::any_of(resolved_.begin(), resolved_.end(), [&](const Resolved& line) {
        return line.key == setting.key;
    });
    if (!shown) resolved_.push_back({setting.key, to_display(setting, out.value), out.source});
    return out;
}

void Config::read_plugins() {
    std::set<std::string, std::less<>> names;
    for (const auto& [key, entry] : document_.entries) {
        const std::string_view name = plugin_of(key);
        if (name.empty()) continue;
        names.emplace(name);
        if (key.size() == kPlugins.size() + name.size() && entry.kind != Entry::Kind::kEmptyMap &&
            !entry.null) {
            add_fault(document_.source(entry), key, "expected a mapping such as { enabled: true }");
        }
    }
    // A variable names a plugin in upper case with '_'; the file's spelling wins when there is one.
    for (const auto& [variable, value] : environment_) {
        constexpr std::string_view kPrefix = "EZ_PLUGINS_";
        constexpr std::string_view kSuffix = "_ENABLED";
        if (!variable.starts_with(kPrefix) || !variable.ends_with(kSuffix) ||
            variable.size() <= kPrefix.size() + kSuffix.size()) {
            continue;
        }
        const bool known =
            std::any_of(names.begin(), names.end(), [&variable = variable](const auto& name) {
                return plugin_variable(name, "enabled") == variable;
            });
        if (known) continue;
        std::string name =
            variable.substr(kPrefix.size(), variable.size() - kPrefix.size() - kSuffix.size());
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
            return c == '_' ? '-' : static_cast<char>(std::tolower(c));
        });
        names.insert(name);
    }
    for (const std::string& name : names) {
        const Held enabled = resolve(plugin_switch(name, "enabled", false));
        const Held required = resolve(plugin_switch(name, "required", true));
        plugins_[name] = {
            std::get<bool>(enabled.value), std::get<bool>(required.value), enabled.source};
    }
}

void Config::refuse(std::string_view key, std::string message) {
    const Value& value = held(key).value;
    if (const auto* text = std::get_if<std::string>(&value))
        message = without_values(std::move(message), {text, 1});
    if (const auto* items = std::get_if<std::vector<std::string>>(&value))
        message = without_values(std::move(message), *items);
    add_fault(source(key), std::string(key), std::move(message));
}

void Config::add_fault(std::string source, const std::string& key, std::string message) {
    faults_.push_back({std::move(source), key, std::move(message)});
}

const Config::Held& Config::held(std::string_view key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) throw std::logic_error("no setting is called " + std::string(key));
    return found->second;
}

int64_t Config::integer(std::string_view key) const {
    return std::get<int64_t>(held(key).value);
}

bool Config::boolean(std::string_view key) const {
    return std::get<bool>(held(key).value);
}

const std::string& Config::text(std::string_view key) const {
    return std::get<std::string>(held(key).value);
}

const std::vector<std::string>& Config::list(std::string_view key) const {
    return std::get<std::vector<std::string>>(held(key).value);
}

std::chrono::milliseconds Config::milliseconds(std::string_view key) const {
    return std::chrono::milliseconds(integer(key));
}

std::chrono::seconds Config::seconds(std::string_view key) const {
    return std::chrono::seconds(integer(key));
}

const std::string& Config::source(std::string_view key) const {
    return held(key).source;
}

std::optional<PluginChoice> Config::plugin(std::string_view name) const {
    const auto found = plugins_.find(name);
    return found == plugins_.end() ? std::nullopt : std::optional(found->second);
}

std::string Config::plugin_settings(std::string_view plugin, const Schema& schema) {
    seen_plugins_[std::string(plugin)] = true;
    std::string out = "{";
    for (const Setting& setting : schema) {
        const Held value = resolve(setting);
        out += (out.size() > 1 ? "," : "") + ("\"" + setting.name + "\":") + to_json(value.value);
    }
    return out + "}";
}

std::vector<std::string> Config::check_unknown_keys(bool complete) {
    std::vector<std::string> warnings;
    const std::set<std::string, std::less<>> known(known_keys_.begin(), known_keys_.end());
    for (const auto& [key, entry] : document_.entries) {
        if (known.contains(key)) continue;
        const std::string_view plugin = plugin_of(key);
        // A section whose lines are all commented out sets nothing.
        if (entry.null || entry.kind == Entry::Kind::kEmptyMap) continue;
        // The settings of a plugin that was not opened cannot be checked.
        if (!plugin.empty() && !seen_plugins_.contains(plugin)) continue;
        const std::string close = nearest(key, known_keys_);
        const std::string hint = close.empty() ? "" : "; did you mean " + close + "?";
        if (!close.empty() || complete || !plugin.empty()) {
            add_fault(document_.source(entry), key, "is not a setting" + hint);
        } else {
            warnings.push_back(document_.source(entry) + ": " + key +
                               ": belongs to no enabled plugin, ignored");
        }
    }
    const std::set<std::string, std::less<>> variables(known_variables_.begin(),
                                                       known_variables_.end());
    for (const auto& [name, value] : environment_) {
        if (variables.contains(name) || name == "EZ_CONFIG_FILE") continue;
        const std::string close = nearest(name, known_variables_);
        if (!close.empty())
            warnings.push_back(name + ": is not a setting; did you mean " + close + "?");
    }
    return warnings;
}

}  // namespace ezapi::host::config
