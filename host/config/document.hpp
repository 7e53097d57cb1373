// A configuration file as a flat list of keys with their line numbers. Stricter than YAML:
// duplicate keys, anchors, several documents and deep nesting are faults.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/fault.hpp"

namespace ezapi::host::config {

struct Entry {
    enum class Kind { kScalar, kList, kEmptyMap };
    Kind kind = Kind::kScalar;
    int line = 0;
    std::string text;                // scalar; empty when it was null
    std::vector<std::string> items;  // list
    bool null = false;
};

struct Document {
    std::string file;                                   // as in messages
    std::map<std::string, Entry, std::less<>> entries;  // "server.port"
    Faults faults;

    [[nodiscard]] std::string source(const Entry& entry) const {
        return file + ":" + std::to_string(entry.line);
    }
};

/// Does not throw for any text: errors are in `faults`.
[[nodiscard]] Document parse_document(std::string_view text, std::string file);

/// Reads and parses; a file that cannot be read, is not regular or is larger than 1 MiB is a fault.
[[nodiscard]] Document read_document(const std::string& file);

}  // namespace ezapi::host::config
