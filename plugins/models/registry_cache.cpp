#include "registry_cache.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "ezapi/base/crypto.hpp"
#include "ezapi/json.hpp"

namespace ezapi::models {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
    throw Error(EZ_UNAVAILABLE, "registry cache " + path.string() + ": " + why);
}

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<size_t>(written));
    }
    return true;
}

std::string text_member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

RegistryCache::RegistryCache(std::filesystem::path folder)
    : file_(std::move(folder) / "registry-cache") {}

std::optional<CachedDocument> RegistryCache::read(const std::string& url) const {
    std::ifstream in(file_, std::ios::binary);
    std::string line;
    if (!std::getline(in, line)) return std::nullopt;
    const Json about = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!about.is_object() || text_member(about, "url") != url) return std::nullopt;
    std::ostringstream rest;
    rest << in.rdbuf();
    CachedDocument out{
        url, text_member(about, "etag"), text_member(about, "last_modified"), rest.str()};
    if (sha256_hex(out.text) != text_member(about, "sha256")) return std::nullopt;
    return out;
}

void RegistryCache::write(const CachedDocument& document) const {
    std::error_code error;
    std::filesystem::create_directories(file_.parent_path(), error);
    if (error) fail(file_.parent_path(), "cannot be made: " + error.message());
    const Json about{{"url", document.url},
                     {"etag", document.etag},
                     {"last_modified", document.last_modified},
                     {"sha256", sha256_hex(document.text)}};
    const std::string draft = file_.string() + "." + std::to_string(::getpid()) + ".new";
    const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) fail(file_, std::string("cannot be written: ") + std::strerror(errno));
    const bool written = write_all(file, dump_json(about) + "\n") &&
                         write_all(file, document.text) && ::fsync(file) == 0;
    const int reason = errno;
    ::close(file);
    if (!written || ::rename(draft.c_str(), file_.c_str()) != 0) {
        const int why = written ? errno : reason;
        ::unlink(draft.c_str());
        fail(file_, std::string("cannot be written: ") + std::strerror(why));
    }
}

}  // namespace ezapi::models
