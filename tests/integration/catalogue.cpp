#include "tests/integration/catalogue.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace ezapi::tests {
namespace {

using nlohmann::json;

/// models.dev names the client library of a provider; maps it to our type with the same API.
std::string type_of(const json& provider) {
    static const std::map<std::string, std::string> kTypes{
        {"@ai-sdk/openai", "openai"},
        {"@ai-sdk/anthropic", "anthropic"},
        {"@ai-sdk/google", "google"},
        {"@ai-sdk/google-vertex", "vertex"},
        {"@ai-sdk/openai-compatible", "compatible"},
    };
    const auto known = kTypes.find(provider.value("npm", ""));
    if (known != kTypes.end()) return known->second;
    return provider.contains("api") ? "compatible"
                                    : "";  // a base URL without a known type uses the OpenAI API
}

/// Some base URLs contain a variable of the user, as https://${HOST}/v1. It is replaced by a name
/// of the same form.
std::string without_variables(std::string url) {
    for (size_t at = url.find("${"); at != std::string::npos; at = url.find("${", at)) {
        const size_t end = url.find('}', at);
        std::string name = url.substr(at + 2, end - at - 2);
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
            return c == '_' ? '-' : static_cast<char>(std::tolower(c));
        });
        url.replace(at, end - at + 1, at == 0 ? "https://" + name + ".example" : name);
    }
    return url;
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (std::ispunct(static_cast<unsigned char>(c)) != 0 && c != '_') out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

}  // namespace

std::string Catalogue::file() {
    const char* shared = std::getenv("EZ_SHARED_DIR");
    const std::filesystem::path path =
        std::filesystem::path(shared != nullptr ? shared : EZAPI_SOURCE_DIR "/../shared") / "data" /
        "models.dev" / "api.json";
    return std::filesystem::exists(path) ? path.string() : std::string();
}

Catalogue Catalogue::load(const std::string& path) {
    std::ifstream in(path);
    const json document = json::parse(in);
    Catalogue out;
    for (const auto& [name, provider] : document.items()) {
        const std::string type = type_of(provider);
        if (type.empty()) {
            out.left_out.push_back(name);
            continue;
        }
        CatalogueGroup group;
        group.provider = name;
        for (const auto& [model, detail] : provider.at("models").items())
            group.models.push_back(model);
        group.body = {{"name", name}, {"type", type}, {"models", group.models}};
        if (provider.contains("api"))
            group.body["base_url"] = without_variables(provider.at("api"));
        group.key = {{"name", name + "-1"}};
        if (type == "vertex") {
            group.body["google_project"] = "project-1";
            group.key["access_token"] = "ya29.token-of-" + name;
        } else {
            group.key["api_key"] = "sk-upstream-secret-of-" + name;
        }
        for (const std::string& model : group.models)
            out.offers[model].push_back(out.groups.size());
        out.groups.push_back(std::move(group));
    }
    return out;
}

json selector(const std::string& model, size_t turn) {
    switch (turn % 8) {
        case 0:
            return {{"selector_type", "exact"}, {"selector_value", model}};
        case 1:
            return {{"selector_type", "regex"}, {"selector_value", "^" + escaped(model) + "$"}};
        case 2: {
            std::string name = model.substr(model.rfind('/') + 1);
            std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
                return static_cast<char>(std::toupper(c));
            });
            return {{"selector_type", "normalize_exact"},
                    {"selector_value", "some-vendor/" + name}};
        }
        case 3:
            return {{"selector_type", "exact"}, {"selector_value", ""}};
        case 4:
            return {{"selector_type", "normalize_exact"}, {"selector_value", ""}};
        case 5:
            return {{"selector_type", "regex"},
                    {"selector_value", escaped(model.substr(0, 4))}};  // often several matches
        case 6:
            return {{"selector_type", "exact"}, {"selector_value", "  " + model + " "}};
        default:
            return {{"selector_type", "exact"},
                    {"selector_value", model + "-no-such-model"}};  // no match
    }
}

}  // namespace ezapi::tests
