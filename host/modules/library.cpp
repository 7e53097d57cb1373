#include "host/modules/library.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "ezapi/error.hpp"
#include "ezapi/prefix.hpp"
#include "host/modules/permissions.hpp"

namespace ezapi::host::modules {
namespace {

constexpr const char* kSymbol = "ezapi_plugin_v1";
// The descriptor as ABI 1.0 had it; a later field is read only when `size` covers it.
constexpr size_t kSmallest = kFirstSize<ez_plugin>;
constexpr size_t kLargest = 4096;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(EZ_INVALID, why);
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// MAJOR.MINOR.PATCH with an optional suffix after '-' or '+', as semver.org has it.
bool is_version(std::string_view text) {
    for (int part = 0; part < 3; ++part) {
        size_t digits = 0;
        while (digits < text.size() && is_digit(text[digits])) ++digits;
        if (digits == 0 || digits > 9) return false;
        text.remove_prefix(digits);
        if (part == 2) break;
        if (!text.starts_with('.')) return false;
        text.remove_prefix(1);
    }
    if (text.empty()) return true;
    return (text[0] == '-' || text[0] == '+') && text.size() > 1 && text.size() < 64 &&
           std::all_of(text.begin() + 1, text.end(), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                      c == '-' || c == '+';
           });
}

std::vector<std::string> names_of(const char* const* list) {
    std::vector<std::string> out;
    for (; list != nullptr && *list != nullptr; ++list) out.emplace_back(*list);
    return out;
}

/// dlerror() without the path that it begins with.
std::string load_error(const std::string& path) {
    const char* text = ::dlerror();
    std::string message = text == nullptr ? "unknown reason" : text;
    if (message.starts_with(path + ": ")) message.erase(0, path.size() + 2);
    return message;
}

void check_abi(const ez_plugin& found) {
    if (found.abi_major != EZ_ABI_MAJOR) {
        refuse("is built for ABI major " + std::to_string(found.abi_major) + ", this host offers " +
               std::to_string(EZ_ABI_MAJOR));
    }
    if (found.abi_minor > EZ_ABI_MINOR) {
        refuse("is built with SDK " + std::to_string(found.abi_major) + "." +
               std::to_string(found.abi_minor) + ", this host offers " +
               std::to_string(EZ_ABI_MAJOR) + "." + std::to_string(EZ_ABI_MINOR) +
               ": upgrade the host or rebuild the plugin with an older SDK");
    }
}

void check_names(const ez_plugin& found, std::string_view name) {
    if (found.name == nullptr || !is_plugin_name(found.name)) {
        refuse("has a bad name: expected [a-z][a-z0-9-]{0,62}, found '" +
               std::string(found.name == nullptr ? "" : found.name).substr(0, 80) + "'");
    }
    if (found.name != name) {
        refuse("calls itself '" + std::string(found.name) + "', but its file is " +
               std::string(name) + ".so");
    }
    if (found.version == nullptr || !is_version(found.version)) {
        refuse("has a bad version: expected MAJOR.MINOR.PATCH, found '" +
               std::string(found.version == nullptr ? "" : found.version).substr(0, 80) + "'");
    }
    for (const char* const* list : {found.depends_on, found.after}) {
        for (const std::string& other : names_of(list)) {
            if (!is_plugin_name(other))
                refuse("names a plugin that cannot exist: '" + other.substr(0, 80) + "'");
            if (other == name) refuse("names itself in depends_on or after");
        }
    }
}

}  // namespace

bool is_plugin_name(std::string_view name) noexcept {
    constexpr size_t kLongest = 63;
    return !name.empty() && name.size() <= kLongest && name[0] >= 'a' && name[0] <= 'z' &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
           });
}

ez_plugin judge_descriptor(const ez_plugin& found, std::string_view name) {
    if (found.size < kSmallest || found.size > kLargest) {
        refuse("has a descriptor of " + std::to_string(found.size) + " bytes, expected at least " +
               std::to_string(kSmallest) + ": not a plugin");
    }
    check_abi(found);
    check_names(found, name);
    if (found.start == nullptr || found.stop == nullptr) refuse("has no start or no stop function");
    return taken(&found, "descriptor");
}

Library Library::open(const std::filesystem::path& file) {
    check_permissions(file);
    const std::string path = std::filesystem::absolute(file).string();
    void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) refuse("cannot be loaded: " + load_error(path));
    const void* const symbol = ::dlsym(handle, kSymbol);
    if (symbol == nullptr) {
        refuse(std::string("exports no symbol ") + kSymbol +
               ": not a plugin, or built for another ABI major");
    }
    return Library(judge_descriptor(*static_cast<const ez_plugin*>(symbol), file.stem().string()));
}

std::string Library::abi() const {
    return std::to_string(descriptor_.abi_major) + "." + std::to_string(descriptor_.abi_minor);
}

std::vector<std::string> Library::depends_on() const {
    return names_of(descriptor_.depends_on);
}

std::vector<std::string> Library::after() const {
    return names_of(descriptor_.after);
}

std::string_view Library::config_schema() const {
    return descriptor_.config_schema == nullptr ? std::string_view{} : descriptor_.config_schema;
}

}  // namespace ezapi::host::modules
