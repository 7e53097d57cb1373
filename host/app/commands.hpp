// What the program can be asked to do. Each returns the exit code and has said on standard error
// why it is not 0.
#pragma once

#include <string>
#include <string_view>

namespace ezapi::host::app {

struct Invocation {
    std::string config_file;  // of --config; empty: as EZ_CONFIG_FILE or the usual places say
    bool status_only = false;
};

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kRefused = 2;

[[nodiscard]] std::string_view version() noexcept;

[[nodiscard]] int serve(const Invocation& invocation);
[[nodiscard]] int migrate(const Invocation& invocation);
[[nodiscard]] int check_config(const Invocation& invocation);
[[nodiscard]] int list_plugins(const Invocation& invocation);

}  // namespace ezapi::host::app
