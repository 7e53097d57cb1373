// The program behind tests/bench/run: runs scenarios and prints the results.
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionException.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "tests/bench/scenario.hpp"
#include "tests/support/private_postgres.hpp"
#include "tests/support/private_redis.hpp"

namespace ezapi::bench {
namespace {

using Poco::Util::Option;

Poco::Util::OptionSet known_options() {
    Poco::Util::OptionSet options;
    options.addOption(Option("quick", "", "a tenth of the work, two rounds: for a first look"));
    options.addOption(
        Option("only", "", "scenarios whose name contains NAME").argument("NAME").repeatable(true));
    options.addOption(Option("json", "", "also write the figures as JSON").argument("FILE"));
    options.addOption(Option("peer",
                             "",
                             "a running server of the other product to compare with, by the mode "
                             "that it runs in: insert (default), copy, unnest")
                          .argument("[MODE=]URL")
                          .repeatable(true));
    options.addOption(Option("list", "", "name the scenarios"));
    options.addOption(Option("help", "", "this text"));
    return options;
}

struct Arguments {
    bool quick = false;
    bool list = false;
    bool help = false;
    std::vector<std::string> only;
    std::string json;
    std::map<std::string, std::string> peers;
};

Arguments read_arguments(const Poco::Util::OptionSet& options, int argc, char** argv) {
    Arguments read;
    Poco::Util::OptionProcessor processor(options);
    processor.setUnixStyle(true);
    for (int i = 1; i < argc; ++i) {
        std::string name;
        std::string value;
        if (!processor.process(argv[i], name, value)) {
            if (name.empty()) throw std::invalid_argument(std::string("unexpected: ") + argv[i]);
        }
        if (name == "quick") read.quick = true;
        if (name == "list") read.list = true;
        if (name == "help") read.help = true;
        if (name == "only") read.only.push_back(value);
        if (name == "json") read.json = value;
        if (name == "peer") {
            const size_t equals = value.starts_with("http") ? std::string::npos : value.find('=');
            const std::string mode =
                equals == std::string::npos ? "insert" : value.substr(0, equals);
            read.peers[mode] = equals == std::string::npos ? value : value.substr(equals + 1);
        }
    }
    processor.checkRequired();
    return read;
}

bool wanted(const Arguments& arguments, const std::string& name) {
    return arguments.only.empty() ||
           std::any_of(arguments.only.begin(), arguments.only.end(), [&](const std::string& part) {
               return name.find(part) != std::string::npos;
           });
}

int run(const Arguments& arguments) {
    for (const std::string& why :
         {tests::PrivatePostgres::missing(), tests::PrivateRedis::missing()}) {
        if (!why.empty()) throw std::runtime_error(why);
    }
    Run run(arguments.quick, arguments.peers);
    int failed = 0;
    for (const Scenario& scenario : scenarios()) {
        if (!wanted(arguments, scenario.name)) continue;
        std::cerr << scenario.name << ": " << scenario.about << std::endl;
        try {
            scenario.measure(run);
        } catch (const std::exception& error) {
            std::cerr << scenario.name << " failed: " << error.what() << std::endl;
            ++failed;
        }
    }
    print(std::cout, run.figures());
    if (!arguments.json.empty()) {
        std::ofstream file(arguments.json);
        file << to_json(run.figures()).dump(2) << '\n';
        if (!file.flush()) throw std::runtime_error("cannot write " + arguments.json);
    }
    const bool missed = std::any_of(
        run.figures().begin(), run.figures().end(), [](const Figure& f) { return !f.ok(); });
    return failed > 0 || missed ? 1 : 0;
}

int main(int argc, char** argv) {
    const Poco::Util::OptionSet options = known_options();
    try {
        const Arguments arguments = read_arguments(options, argc, argv);
        if (arguments.help) {
            Poco::Util::HelpFormatter help(options);
            help.setUnixStyle(true);
            help.setCommand("tests/bench/run");
            help.setUsage("[options]");
            help.setHeader(
                "Measures the server beside references, in turn, and prints the ratios. "
                "Ends with 1 when a wanted ratio was missed.");
            help.format(std::cout);
            return 0;
        }
        if (arguments.list) {
            for (const Scenario& scenario : scenarios()) {
                std::cout << scenario.name << ": " << scenario.about << '\n';
            }
            return 0;
        }
        return run(arguments);
    } catch (const Poco::Util::OptionException& error) {
        std::cerr << "tests/bench/run: " << error.displayText() << std::endl;
    } catch (const std::exception& error) {
        std::cerr << "tests/bench/run: " << error.what() << std::endl;
    }
    return 2;
}

}  // namespace
}  // namespace ezapi::bench

int main(int argc, char** argv) {
    return ezapi::bench::main(argc, argv);
}
