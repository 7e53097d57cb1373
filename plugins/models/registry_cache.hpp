// A file with the last document that was applied, for conditional requests and for a start without
// the upstream. The file contains one line of metadata and the document, and is replaced
// atomically; a truncated or modified file counts as absent.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace ezapi::models {

struct CachedDocument {
    std::string url;
    std::string etag;
    std::string last_modified;
    std::string text;
};

class RegistryCache {
public:
    explicit RegistryCache(std::filesystem::path folder);

    /// nullopt when there is none from this URL.
    [[nodiscard]] std::optional<CachedDocument> read(const std::string& url) const;

    /// Throws Error with the reason when it cannot be written; the previous file is kept then.
    void write(const CachedDocument& document) const;

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }

private:
    std::filesystem::path file_;
};

}  // namespace ezapi::models
