// The interactive API documentation: the files of Swagger UI, read once, and an index page that
// loads this process's document. Only files of a fixed list are served.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "host/http/served/served_file.hpp"

namespace ezapi::host::http {

class Swagger {
public:
    /// Reads the files of the list that are in `folder`; it may be absent.
    explicit Swagger(const std::filesystem::path& folder);

    /// A page for a browser; nothing when the name is not on the list. Throws EZ_NOT_FOUND with a
    /// hint when the files are not there.
    [[nodiscard]] Reply page(const Wanted& wanted) const;
    [[nodiscard]] Reply file(std::string_view name, const Wanted& wanted) const;

private:
    void require_files() const;

    std::string folder_;
    std::map<std::string, ServedFile, std::less<>> files_;
};

}  // namespace ezapi::host::http
