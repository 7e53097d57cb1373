#include "provider_type.hpp"

#include <algorithm>
#include <array>

#include "upstream_url.hpp"

namespace ezapi::provider_groups {

namespace {

constexpr std::array kTypes{
    ProviderType{.name = "openai", .about = "OpenAI's API"},
    ProviderType{.name = "compatible",
                 .base_url = Use::required,
                 .about = "any service or server that speaks OpenAI's API"},
    ProviderType{.name = "anthropic", .about = "Anthropic's API"},
    ProviderType{.name = "claude", .about = "Anthropic's API, under its product's name"},
    ProviderType{
        .name = "claude-code", .takes = Takes::tokens, .about = "a Claude subscription, by OAuth"},
    ProviderType{
        .name = "codex", .takes = Takes::tokens, .about = "a ChatGPT subscription, by OAuth"},
    ProviderType{.name = "gemini-cli",
                 .takes = Takes::tokens,
                 .google_project = Use::optional,
                 .about = "Gemini Code Assist, by a Google account"},
    ProviderType{.name = "antigravity",
                 .takes = Takes::tokens,
                 .google_project = Use::optional,
                 .about = "Google Antigravity, by a Google account"},
    ProviderType{.name = "gemini", .about = "the Gemini API"},
    ProviderType{.name = "google", .about = "the Gemini API, under its vendor's name"},
    ProviderType{.name = "aistudio", .about = "the Gemini API, with a key of AI Studio"},
    ProviderType{.name = "vertex",
                 .takes = Takes::either,
                 .google_project = Use::required,
                 .google_location = Use::required,
                 .about = "Vertex AI; `api_key` is the JSON of a service account"},
    ProviderType{.name = "vertex-express",
                 .google_project = Use::optional,
                 .google_location = Use::required,
                 .about = "Vertex AI in express mode, by an API key"},
};

constexpr std::string_view kDefaultLocation = "global";

std::string_view text_of(Takes takes) {
    switch (takes) {
        case Takes::api_key:
            return "`api_key`";
        case Takes::tokens:
            return "`access_token` or `refresh_token`";
        case Takes::either:
            return "`api_key`, or `access_token` or `refresh_token`";
    }
    return {};
}

std::string_view text_of(Use use) {
    switch (use) {
        case Use::none:
            return "not used";
        case Use::optional:
            return "optional";
        case Use::required:
            return "required";
    }
    return {};
}

const std::string& text_in(const Draft& draft, const char* field) {
    return draft.after.at(field).get_ref<const std::string&>();
}

void check_base_url(Draft& draft, const ProviderType& type) {
    const std::string& given = text_in(draft, "base_url");
    if (given.empty()) {
        if (type.base_url == Use::required)
            draft.faults.add(
                "base_url",
                "required",
                "is required by type " + std::string(type.name) + ", " + std::string(type.about));
        return;
    }
    UpstreamUrl read = read_upstream_url(given);
    if (!read.fault.empty()) {
        draft.faults.add("base_url", "format", std::move(read.fault));
    } else {
        draft.after["base_url"] = std::move(read.url);
    }
}

void check_use(Draft& draft, const ProviderType& type, const std::string& field, Use use) {
    const std::string what = "is not used by type " + std::string(type.name);
    if (use == Use::none) return leave_out(draft, field, "", what);
    if (use == Use::required && text_in(draft, field.c_str()).empty())
        draft.faults.add(field, "required", "is required by type " + std::string(type.name));
}

}  // namespace

std::span<const ProviderType> provider_types() {
    return kTypes;
}

const ProviderType* find_provider_type(std::string_view name) {
    const auto found = std::find_if(
        kTypes.begin(), kTypes.end(), [&](const ProviderType& type) { return type.name == name; });
    return found == kTypes.end() ? nullptr : &*found;
}

std::string provider_types_text() {
    std::string out =
        "| type | service | credentials of its API keys | base_url | google_project | "
        "google_location |\n|---|---|---|---|---|---|\n";
    for (const ProviderType& type : kTypes) {
        out +=
            "| `" + std::string(type.name) + "` | " + std::string(type.about) + " | " +
            std::string(text_of(type.takes)) + " | " + std::string(text_of(type.base_url)) + " | " +
            std::string(text_of(type.google_project)) + " | " +
            (type.google_location == Use::required ? "default `global`"
                                                   : std::string(text_of(type.google_location))) +
            " |\n";
    }
    return out;
}

void check_group(Draft& draft) {
    const ProviderType* type = find_provider_type(text_in(draft, "type"));
    if (type == nullptr) return;  // already refused by the field's choices
    check_base_url(draft, *type);
    if (type->google_location == Use::required && text_in(draft, "google_location").empty())
        draft.after["google_location"] = kDefaultLocation;
    check_use(draft, *type, "google_project", type->google_project);
    check_use(draft, *type, "google_location", type->google_location);
}

void check_credentials(const ProviderType& type, const Held& held, Faults& faults) {
    const std::string by = " by type " + std::string(type.name);
    const bool tokens = held.access_token || held.refresh_token;
    if (type.takes == Takes::api_key && tokens) {
        faults.add(held.access_token ? "access_token" : "refresh_token",
                   "unused",
                   "is not used" + by + ", which takes an api_key");
    }
    if (type.takes == Takes::tokens && held.api_key) {
        faults.add("api_key",
                   "unused",
                   "is not used" + by + ", which takes an access_token or a refresh_token");
    }
    const bool enough =
        (held.api_key && type.takes != Takes::tokens) || (tokens && type.takes != Takes::api_key);
    if (enough) return;
    if (type.takes == Takes::tokens) {
        faults.add("access_token", "required", "this or a refresh_token is required" + by);
    } else if (type.takes == Takes::either) {
        faults.add(
            "api_key", "required", "this, an access_token or a refresh_token is required" + by);
    } else {
        faults.add("api_key", "required", "is required" + by);
    }
}

std::string credential_fault(std::string_view text) {
    const std::string_view credential = trim(text);
    if (credential.starts_with('{')) {  // a service account key
        if (!Json::accept(credential)) return "begins like JSON, but is none";
        return {};
    }
    const bool good = std::all_of(credential.begin(), credential.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte < 0x7F;
    });
    return good ? std::string() : "holds a space, a control or a non-ASCII character";
}

void leave_out(Draft& draft, const std::string& field, const Json& empty, const std::string& why) {
    if (draft.after.at(field) != empty && draft.changes(field) &&
        !draft.after.at(field).is_null()) {
        draft.faults.add(field, "unused", why);
        return;
    }
    draft.after[field] = empty;
}

}  // namespace ezapi::provider_groups
