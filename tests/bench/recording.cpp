#include "tests/bench/recording.hpp"

#include <charconv>
#include <stdexcept>

namespace ezapi::bench {
namespace {

/// Parses the number after `mark` at `at` and moves `at` to the next line. False when the line is
/// incomplete.
bool read_number(std::string_view text, size_t& at, char mark, size_t& number) {
    const size_t end = text.find("\r\n", at);
    if (end == std::string_view::npos) return false;
    const auto [stop, fault] = std::from_chars(text.data() + at + 1, text.data() + end, number);
    if (text[at] != mark || fault != std::errc{} || stop != text.data() + end)
        throw std::runtime_error("this is no command of Redis");
    at = end + 2;
    return true;
}

/// The end of the first command in `text`; 0 when it is incomplete.
size_t end_of_command(std::string_view text) {
    size_t at = 0;
    size_t words = 0;
    if (text.empty() || !read_number(text, at, '*', words)) return 0;
    for (size_t word = 0; word < words; ++word) {
        size_t size = 0;
        if (at >= text.size() || !read_number(text, at, '$', size)) return 0;
        at += size + 2;
        if (at > text.size()) return 0;
    }
    return at;
}

}  // namespace

Recording::Recording(std::uint16_t redis_port, const std::string& file)
    : out_(file, std::ios::binary),
      proxy_(redis_port,
             [this](int connection, std::string_view bytes) { take(connection, bytes); }) {}

void Recording::begin() {
    const std::lock_guard lock(mutex_);
    recording_ = true;
}

void Recording::end() {
    const std::lock_guard lock(mutex_);
    recording_ = false;
    if (!out_.flush()) throw std::runtime_error("the commands could not be written");
}

void Recording::take(int connection, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    std::string& text = begun_[connection];
    text += bytes;
    size_t at = 0;
    while (const size_t size = end_of_command(std::string_view(text).substr(at))) {
        if (recording_) out_ << std::string_view(text).substr(at, size);
        at += size;
    }
    text.erase(0, at);
}

}  // namespace ezapi::bench
