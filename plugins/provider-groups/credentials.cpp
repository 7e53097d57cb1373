#include "credentials.hpp"

#include <algorithm>

#include "ezapi/error.hpp"
#include "ezapi/json.hpp"
#include "ezapi/resource/field.hpp"

namespace ezapi::provider_groups {

namespace {

constexpr size_t kHead = 3;
constexpr size_t kTail = 4;
constexpr size_t kShortest = 12;  // the mask shows 7 characters
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

std::string place_of(std::string_view reference) {
    return "api_keys|sealed|" + std::string(reference);
}

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

void Credentials::take(const std::map<std::string, std::string>& given) {
    const auto replace = [&](const char* name, std::string& target) {
        if (const auto found = given.find(name); found != given.end()) target = trim(found->second);
    };
    replace("api_key", api_key);
    replace("access_token", access_token);
    replace("refresh_token", refresh_token);
}

std::string mask(std::string_view secret) {
    if (secret.size() < kShortest || secret.starts_with('{')) return std::string(kEllipsis);
    const std::string_view head = secret.substr(0, kHead);
    const std::string_view tail = secret.substr(secret.size() - kTail);
    if (!is_plain(head) || !is_plain(tail)) return std::string(kEllipsis);
    return std::string(head) + std::string(kEllipsis) + std::string(tail);
}

std::string seal(const sealing::Keyring& ring,
                 const Credentials& credentials,
                 std::string_view reference) {
    Json parts = Json::object();
    const auto put = [&](const char* name, const std::string& value) {
        if (!value.empty()) parts[name] = value;
    };
    put("api_key", credentials.api_key);
    put("access_token", credentials.access_token);
    put("refresh_token", credentials.refresh_token);
    return ring.seal(parts.dump(), place_of(reference));
}

Credentials open(const sealing::Keyring& ring,
                 std::string_view sealed,
                 std::string_view reference) {
    const Json parts =
        Json::parse(ring.open(sealed, place_of(reference)), nullptr, /*allow_exceptions=*/false);
    if (!parts.is_object()) throw Error(EZ_INTERNAL, "what was encrypted is not an object");
    return {parts.value("api_key", ""),
            parts.value("access_token", ""),
            parts.value("refresh_token", "")};
}

}  // namespace ezapi::provider_groups
