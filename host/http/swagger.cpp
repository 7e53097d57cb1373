#include "host/http/swagger.hpp"

#include <fstream>
#include <iterator>

#include "ezapi/error.hpp"

namespace ezapi::host::http {

namespace {

struct Served {
    std::string_view name;
    const char* content_type;
};

constexpr Served kFiles[] = {
    {"swagger-ui.css", "text/css; charset=utf-8"},
    {"swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
    {"swagger-ui-standalone-preset.js", "text/javascript; charset=utf-8"},
    {"favicon-16x16.png", "image/png"},
    {"favicon-32x32.png", "image/png"},
};

constexpr const char* kStartName = "start.js";

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

// A file of its own, so that the page works without inline scripts.
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

Reply served(std::string content, const char* content_type) {
    Reply reply{200, {}, std::move(content)};
    reply.set("Content-Type", content_type);
    reply.set("Cache-Control", "public, max-age=3600");
    reply.set("Content-Security-Policy", kPolicy);
    return reply;
}

}  // namespace

Swagger::Swagger(const std::filesystem::path& folder) : folder_(folder.string()) {
    for (const auto& served : kFiles) {
        std::ifstream file(folder / served.name, std::ios::binary);
        if (!file) continue;
        files_.emplace(served.name, std::string(std::istreambuf_iterator<char>(file), {}));
    }
}

Reply Swagger::page() const {
    require_files();
    return served(kPage, "text/html; charset=utf-8");
}

Reply Swagger::file(std::string_view name) const {
    require_files();
    if (name == kStartName) return served(kStart, "text/javascript; charset=utf-8");
    for (const auto& known : kFiles) {
        const auto found = files_.find(known.name);
        if (name == known.name && found != files_.end()) {
            return served(found->second, known.content_type);
        }
    }
    throw Error(EZ_NOT_FOUND, "no such file of the API documentation");
}

void Swagger::require_files() const {
    if (files_.contains("swagger-ui-bundle.js")) return;
    throw Error(EZ_NOT_FOUND,
                "the files of Swagger UI are not installed: expected swagger-ui-bundle.js in '" +
                    folder_ + "'; the document itself is at /swagger/openapi.json");
}

}  // namespace ezapi::host::http
