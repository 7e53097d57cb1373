// One error in the configuration, with what is needed to fix it.
#pragma once

#include <string>
#include <vector>

namespace ezapi::host::config {

struct Fault {
    std::string source;   // "config.yaml:12" or "EZ_API_PORT"; empty: the configuration as a whole
    std::string key;      // "server.port"; empty: the file itself
    std::string message;  // with expected and found; never a secret's value

    [[nodiscard]] std::string text() const {
        std::string out = source;
        if (!key.empty()) out += (out.empty() ? "" : ": ") + key;
        return out + (out.empty() ? "" : ": ") + message;
    }
};

using Faults = std::vector<Fault>;

}  // namespace ezapi::host::config
