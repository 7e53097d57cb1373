#include "host/app/paths.hpp"

#include "ezapi/error.hpp"

namespace ezapi::host::app {
namespace {

namespace fs = std::filesystem;

/// PREFIX of PREFIX/bin/ezapi.
fs::path prefix() {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path("/usr/local") : program.parent_path().parent_path();
}

}  // namespace

bool is_folder(const fs::path& path) {
    std::error_code error;
    return fs::is_directory(path, error);
}

std::vector<std::string> config_candidates() {
    return {"./config.yaml",
            "./config/config.yaml",
            (prefix() / "etc/ezapi.yaml").string(),
            (prefix() / "etc/ezapi/ezapi.yaml").string(),
            "/etc/ezapi/ezapi.yaml"};
}

fs::path installed_plugins() {
    return prefix() / "lib/ezapi/plugins";
}

fs::path migrations_folder(const std::string& configured) {
    if (!configured.empty()) {
        if (is_folder(configured)) return configured;
        throw Error(EZ_INVALID,
                    "migrations.directory (EZ_MIGRATIONS_DIR): " + configured + " is no directory");
    }
    const fs::path installed = prefix() / "share/ezapi/migrations";
    for (const fs::path& place : {fs::path("./migrations"), installed}) {
        if (is_folder(place)) return place;
    }
    throw Error(EZ_INVALID,
                "migrations: neither ./migrations nor " + installed.string() +
                    " is a directory; set migrations.directory (EZ_MIGRATIONS_DIR)");
}

fs::path swagger_folder(const std::string& configured) {
    if (!configured.empty()) return configured;
    for (const fs::path& place :
         {prefix() / "share/ezapi/swagger", fs::path("/usr/share/javascript/swagger-ui")}) {
        if (is_folder(place)) return place;
    }
    return {};
}

}  // namespace ezapi::host::app
