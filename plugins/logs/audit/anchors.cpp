#include "audit/anchors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "ezapi/error.hpp"
#include "ezapi/json.hpp"

namespace ezapi::logs {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, int error) {
    throw Error(EZ_UNAVAILABLE,
                "anchors of the operation log " + file.string() +
                    ": cannot be written: " + std::strerror(error));
}

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}

    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

std::filesystem::path older(const std::filesystem::path& file) {
    return file.string() + ".1";
}

std::optional<Anchor> last_of(const std::filesystem::path& file) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) return std::nullopt;
    const std::vector<Anchor> all = read_anchors(file);
    if (all.empty()) return std::nullopt;
    return all.back();
}

}  // namespace

std::string to_line(const Anchor& anchor) {
    return dump_json(Json{{"at", anchor.at},
                          {"instance", anchor.instance},
                          {"position", anchor.position},
                          {"hash", anchor.hash},
                          {"key_id", anchor.key_id},
                          {"keyed_from", anchor.keyed_from}});
}

std::optional<Anchor> anchor_of(std::string_view line) {
    const Json value = Json::parse(line, nullptr, false);
    if (!value.is_object() || !value.contains("position") || !value.contains("hash") ||
        !value["position"].is_number_integer() || !value["hash"].is_string())
        return std::nullopt;
    const auto text = [&](const char* name) {
        return value.contains(name) && value[name].is_string() ? value[name].get<std::string>()
                                                               : std::string();
    };
    const bool keyed = value.contains("keyed_from") && value["keyed_from"].is_number_integer();
    return Anchor{value["position"].get<std::int64_t>(),
                  text("hash"),
                  text("key_id"),
                  keyed ? value["keyed_from"].get<std::int64_t>() : 0,
                  text("at"),
                  text("instance")};
}

std::vector<Anchor> read_anchors(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in)
        throw Error(EZ_NOT_FOUND,
                    "anchors of the operation log " + file.string() +
                        ": cannot be read: " + std::strerror(errno));
    std::vector<Anchor> out;
    for (std::string line; std::getline(in, line);) {
        if (auto anchor = anchor_of(line)) out.push_back(std::move(*anchor));
    }
    return out;
}

Anchors::Anchors(std::filesystem::path file) : file_(std::move(file)) {
    last_ = last_of(file_);
    if (!last_) last_ = last_of(older(file_));
}

std::optional<Anchor> Anchors::last() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

void Anchors::append(const Anchor& anchor) {
    const std::lock_guard lock(mutex_);
    std::error_code error;
    std::filesystem::create_directories(file_.parent_path(), error);
    if (const auto size = std::filesystem::file_size(file_, error); !error && size > kMaxBytes)
        std::filesystem::rename(file_, older(file_), error);
    const Descriptor file(
        ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.number() < 0) fail(file_, errno);
    // Starts on a new line, even after an incomplete line of a process that crashed.
    const std::string line = std::string(first_ ? "\n" : "") + to_line(anchor) + "\n";
    errno = 0;
    if (::write(file.number(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
        ::fsync(file.number()) != 0)
        fail(file_, errno == 0 ? ENOSPC : errno);
    if (first_) {
        const Descriptor folder(
            ::open(file_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (folder.number() >= 0 && ::fsync(folder.number()) != 0) fail(file_, errno);
    }
    first_ = false;
    last_ = anchor;
}

}  // namespace ezapi::logs
