// The commands of the program. Each returns the exit code and prints on standard error why it is
// not 0.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi::host::app {

struct Invocation {
    std::string config_file;  // of --config; empty: EZ_CONFIG_FILE or the default paths
    bool status_only = false;
};

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kRefused = 2;
inline constexpr int kUsage = 64;  // EX_USAGE of sysexits.h

[[nodiscard]] std::string_view version() noexcept;

[[nodiscard]] int serve(const Invocation& invocation);
[[nodiscard]] int migrate(const Invocation& invocation);
[[nodiscard]] int check_config(const Invocation& invocation);
[[nodiscard]] int list_plugins(const Invocation& invocation);

/// `ezapi <plugin> [argument ...]`: starts the plugins without serving and runs the command of that
/// one. Nothing: no plugin of that name is enabled.
[[nodiscard]] std::optional<int> run_plugin(const Invocation& invocation,
                                            const std::string& plugin,
                                            const std::vector<std::string>& arguments);

}  // namespace ezapi::host::app
