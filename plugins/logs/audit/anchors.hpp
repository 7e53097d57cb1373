// Heads of the operation log's hash chain that are kept outside the database: a file of the state
// directory with one JSON object per line, append-only and fsynced. An attacker with access to the
// database only cannot change it, and so cannot hide that the chain was truncated, rebuilt or
// restored to an earlier state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ezapi::logs {

struct Anchor {
    std::int64_t position = 0;
    std::string hash;
    std::string key_id;
    std::int64_t keyed_from = 0;
    std::string at;        // RFC 3339
    std::string instance;  // the process that wrote it
};

[[nodiscard]] std::string to_line(const Anchor& anchor);

/// nullopt when the line is not an anchor, such as an incomplete last line after a crash.
[[nodiscard]] std::optional<Anchor> anchor_of(std::string_view line);

/// All anchors of a file, oldest first. Throws EZ_NOT_FOUND when it cannot be read.
[[nodiscard]] std::vector<Anchor> read_anchors(const std::filesystem::path& file);

class Anchors {
public:
    /// A file that exceeds this size is renamed to "<file>.1", and a new one is started.
    static constexpr std::uintmax_t kMaxBytes = std::uintmax_t{4} << 20U;

    /// Reads the last anchor of the file, or else of "<file>.1". Neither needs to exist.
    explicit Anchors(std::filesystem::path file);

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }

    [[nodiscard]] std::optional<Anchor> last() const;

    /// Returns when the anchor is on disk; otherwise throws EZ_UNAVAILABLE with the reason.
    /// Thread-safe.
    void append(const Anchor& anchor);

private:
    const std::filesystem::path file_;
    mutable std::mutex mutex_;
    std::optional<Anchor> last_;
    bool first_ = true;  // this process has not appended yet
};

}  // namespace ezapi::logs
