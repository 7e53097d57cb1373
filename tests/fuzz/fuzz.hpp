// Fuzz targets: code that parses external input. Each is run by libFuzzer (preset `fuzz`), and by
// fuzz_test over its corpus and mutations of it, which works with any compiler.
//
//     EZ_FUZZ(urls) {
//         const Url url = Url::parse(input);
//         require(Url::parse(url.text()).text() == url.text(), "reads what it wrote");
//     }
//
// A target may throw ezapi::Error to refuse its input. Any other exception, a signal, or a violated
// property is a finding.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ezapi/error.hpp"

namespace ezapi::fuzz {

using Target = void (*)(std::string_view input);

/// By name, which is also that of the folder in corpus/.
inline std::map<std::string, Target, std::less<>>& targets() {
    static std::map<std::string, Target, std::less<>> all;
    return all;
}

struct Registration {
    Registration(const char* name, Target target) { targets().emplace(name, target); }
};

struct Finding : std::logic_error {
    using std::logic_error::logic_error;
};

inline void require(bool holds, const std::string& property) {
    if (!holds) throw Finding(property);
}

/// Runs a target; refused input is not a finding.
inline void run(Target target, std::string_view input) {
    try {
        target(input);
    } catch (const Error&) {
    }
}

}  // namespace ezapi::fuzz

#define EZ_FUZZ(name)                                                                     \
    static void fuzz_##name(std::string_view input);                                      \
    static const ezapi::fuzz::Registration fuzz_registration_##name(#name, &fuzz_##name); \
    static void fuzz_##name(std::string_view input)
