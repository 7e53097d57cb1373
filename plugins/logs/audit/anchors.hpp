// Heads of the operation log's chain that are kept outside the database: a file of the state
// directory, one JSON object a line, appended to and synced to the disk. An attacker who cuts the
// end of the chain, rebuilds it or puts an earlier state of the tables back cannot change this file
// by way of the database.
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

/// Nothing for a line that is no anchor, such as the last one of a process that died writing it.
[[nodiscard]] std::optional<Anchor> anchor_of(std::string_view line);

/// All anchors of a file, oldest first. Throws EZ_NOT_FOUND when it cannot be read.
[[nodiscard]] std::vector<Anchor> read_anchors(const std::filesystem::path& file);

class Anchors {
public:
    /// Files beyond this size become "<file>.1", and a new one begins.
    static constexpr std::uintmax_t kMaxBytes = std::uintmax_t{4} << 20U;

    /// Reads the last anchor of the file, or of "<file>.1". There need be none.
    explicit Anchors(std::filesystem::path file);

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }

    [[nodiscard]] std::optional<Anchor> last() const;

    /// On the disk when it returns; throws EZ_UNAVAILABLE with the reason otherwise. Any thread.
    void append(const Anchor& anchor);

private:
    const std::filesystem::path file_;
    mutable std::mutex mutex_;
    std::optional<Anchor> last_;
    bool first_ = true;  // nothing was appended by this process
};

}  // namespace ezapi::logs
