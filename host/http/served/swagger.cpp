#include "host/http/served/swagger.hpp"

#include <fstream>
#include <iterator>

#include "ezapi/error.hpp"

namespace ezapi::host::http {

namespace {

struct Known {
    std::string_view name;
    const char* content_type;
};

constexpr Known kFiles[] = {
    {"swagger-ui.css", "text/css; charset=utf-8"},
    {"swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
    {"swagger-ui-standalone-preset.js", "text/javascript; charset=utf-8"},
    {"favicon-16x16.png", "image/png"},
    {"favicon-32x32.png", "image/png"},
};

constexpr const char* kStartName = "start.js";
constexpr const char* kPageName = "index.html";

constexpr const char* kPage = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>EZ-API</title>
<link rel="icon" type="image/png" sizes="32x32" href="favicon-32x32.png">
<link rel="stylesheet" href="swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>
</body>
</html>
)";

// A separate file, because the content security policy forbids inline scripts.
constexpr const char* kStart = R"(window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  persistAuthorization: false,
  validatorUrl: null
});
)";

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

Reply served(const ServedFile& file, const Wanted& wanted) {
    Reply reply = file.answer(wanted);
    reply.set("Cache-Control", "public, max-age=3600");
    reply.set("Content-Security-Policy", kPolicy);
    return reply;
}

}  // namespace

Swagger::Swagger(const std::filesystem::path& folder) : folder_(folder.string()) {
    for (const auto& known : kFiles) {
        std::ifstream file(folder / known.name, std::ios::binary);
        if (!file) continue;
        files_.try_emplace(std::string(known.name),
                           std::string(std::istreambuf_iterator<char>(file), {}),
                           known.content_type);
    }
    files_.try_emplace(kStartName, kStart, "text/javascript; charset=utf-8");
    files_.try_emplace(kPageName, kPage, "text/html; charset=utf-8");
}

Reply Swagger::page(const Wanted& wanted) const {
    return file(kPageName, wanted);
}

Reply Swagger::file(std::string_view name, const Wanted& wanted) const {
    require_files();
    const auto found = files_.find(name);
    if (found == files_.end()) throw Error(EZ_NOT_FOUND, "no such file of the API documentation");
    return served(found->second, wanted);
}

void Swagger::require_files() const {
    if (files_.contains("swagger-ui-bundle.js")) return;
    throw Error(EZ_NOT_FOUND,
                "the files of Swagger UI are not installed: expected swagger-ui-bundle.js in '" +
                    folder_ + "'; the document itself is at /swagger/openapi.json");
}

}  // namespace ezapi::host::http
