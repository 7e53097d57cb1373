#include "host/app/application.hpp"

#include <Poco/Util/Application.h>
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/OptionException.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/app/commands.hpp"
#include "host/app/main_loop.hpp"

namespace ezapi::host::app {
namespace {

using Poco::Util::Option;
using Poco::Util::OptionCallback;
using Poco::Util::OptionSet;

constexpr std::array<std::string_view, 4> kCommands{"serve", "migrate", "check-config", "plugins"};

/// The index of the first word that is not a command of the program itself: the name of a plugin,
/// which gets all words after it. `argc`: there is none.
int place_of_plugin(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--config" || word == "-c") {
            ++i;
        } else if (!word.starts_with('-')) {
            const bool own = std::find(kCommands.begin(), kCommands.end(), word) != kCommands.end();
            return own ? argc : i;
        }
    }
    return argc;
}

class EzApplication final : public Poco::Util::Application {
public:
    explicit EzApplication(std::vector<std::string> plugin_arguments)
        : plugin_arguments_(std::move(plugin_arguments)) {
        setUnixOptions(true);
    }

protected:
    void defineOptions(OptionSet& options) override {
        Application::defineOptions(options);
        options.addOption(
            Option("help", "h", "Show this help and exit")
                .callback(OptionCallback<EzApplication>(this, &EzApplication::on_help)));
        options.addOption(
            Option("version", "V", "Show the version and exit")
                .callback(OptionCallback<EzApplication>(this, &EzApplication::on_version)));
        options.addOption(
            Option("config", "c", "Read this file instead of the one that is looked for")
                .argument("FILE")
                .callback(OptionCallback<EzApplication>(this, &EzApplication::on_config)));
        options.addOption(
            Option("status", "", "With migrate: show the migrations, change nothing")
                .callback(OptionCallback<EzApplication>(this, &EzApplication::on_status)));
    }

    int main(const std::vector<std::string>& words) override {
        if (help_) return show_help();
        if (version_) return show_version();
        const std::string command = words.empty() ? "serve" : words[0];
        if (words.size() > 1) return misuse("'" + words[1] + "' is one word too many");
        if (invocation_.status_only && command != "migrate")
            return misuse("--status belongs to migrate");
        if (command == "serve") return serve(invocation_);
        if (command == "migrate") return migrate(invocation_);
        if (command == "check-config") return check_config(invocation_);
        if (command == "plugins") return list_plugins(invocation_);
        const auto code = run_plugin(invocation_, command, plugin_arguments_);
        if (code) return *code;
        return misuse("'" + command + "' is no command, of ezapi or of a plugin that runs");
    }

private:
    void on_help(const std::string&, const std::string&) {
        help_ = true;
        stopOptionsProcessing();
    }

    void on_version(const std::string&, const std::string&) {
        version_ = true;
        stopOptionsProcessing();
    }

    void on_config(const std::string&, const std::string& file) { invocation_.config_file = file; }

    void on_status(const std::string&, const std::string&) { invocation_.status_only = true; }

    int show_help() const {
        Poco::Util::HelpFormatter help(options());
        help.setUnixStyle(true);
        help.setCommand("ezapi");
        help.setUsage("[options] [serve | migrate | check-config | plugins | PLUGIN ...]");
        help.setHeader(
            "The control plane of an LLM gateway.\n\n"
            "serve         run (also when no command is given)\n"
            "migrate       bring the database up to date, or show how it stands (--status)\n"
            "check-config  show every setting with its source, or everything that is wrong\n"
            "plugins       show the plugins that are found, and why one cannot run\n"
            "PLUGIN ...    what a plugin offers beside serving, such as: sync --check");
        help.setFooter(
            "Signals: TERM and INT end it gracefully, a second one at once; HUP is ignored.");
        help.format(std::cout);
        return EXIT_OK;
    }

    static int show_version() {
        std::cout << "ezapi " << version() << "\n";
        return EXIT_OK;
    }

    static int misuse(const std::string& why) {
        std::cerr << "ezapi: " << why << "; see ezapi --help\n";
        return kUsage;
    }

    Invocation invocation_;
    std::vector<std::string> plugin_arguments_;
    bool help_ = false;
    bool version_ = false;
};

}  // namespace

int run(int argc, char** argv) {
    // Writing to a closed connection must not end the process; not every library here uses
    // MSG_NOSIGNAL.
    std::signal(SIGPIPE, SIG_IGN);
    block_end_signals();  // before any thread exists, so that all of them inherit it
    const int place = place_of_plugin(argc, argv);
    EzApplication application({argv + std::min(place + 1, argc), argv + argc});
    try {
        application.init(std::min(place + 1, argc), argv);
    } catch (const Poco::Util::OptionException& error) {
        std::cerr << "ezapi: " << error.displayText() << "; see ezapi --help\n";
        return kUsage;
    }
    return application.run();
}

}  // namespace ezapi::host::app
