// The last document that was applied, in a file: for conditional requests, and for starting without
// the upstream. One file holds a line about the document and the document, and is replaced as a
// whole; what was cut or altered counts as absent.
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

    /// Nothing where there is none of this address.
    [[nodiscard]] std::optional<CachedDocument> read(const std::string& url) const;

    /// Throws Error with the reason when it cannot be written; what was there is then still there.
    void write(const CachedDocument& document) const;

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }

private:
    std::filesystem::path file_;
};

}  // namespace ezapi::models
