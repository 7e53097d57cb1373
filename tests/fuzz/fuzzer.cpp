// The entry point for libFuzzer. EZAPI_FUZZ names the target.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const ezapi::fuzz::Target target = [] {
        const char* name = std::getenv("EZAPI_FUZZ");
        const auto found = ezapi::fuzz::targets().find(name == nullptr ? "" : name);
        if (found != ezapi::fuzz::targets().end()) return found->second;
        std::fputs("EZAPI_FUZZ: expected one of", stderr);
        for (const auto& [known, function] : ezapi::fuzz::targets())
            std::fprintf(stderr, " %s", known.c_str());
        std::fputs("\n", stderr);
        std::exit(2);
    }();
    ezapi::fuzz::run(target, {reinterpret_cast<const char*>(data), size});
    return 0;
}
