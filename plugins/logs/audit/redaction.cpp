#include "audit/redaction.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "ezapi/json.hpp"

namespace ezapi::logs {
namespace {

/// Compared in lower case without '_' and '-', so that apiKey, api_key and API-Key match.
constexpr std::array<std::string_view, 14> kWithin{"apikey",
                                                   "secret",
                                                   "password",
                                                   "passwd",
                                                   "passphrase",
                                                   "accesstoken",
                                                   "refreshtoken",
                                                   "bearertoken",
                                                   "sessiontoken",
                                                   "privatekey",
                                                   "masterkey",
                                                   "credential",
                                                   "authorization",
                                                   "ciphertext"};
constexpr std::array<std::string_view, 6> kWhole{
    "token", "tokenhash", "keyhash", "cookie", "dsn", "pwd"};

/// Counters and switches whose names contain that of a credential.
constexpr std::array<std::string_view, 4> kHarmlessEnds{"at", "id", "ids", "count"};

constexpr size_t kLongestMask = 32;
constexpr std::string_view kEllipsis = "…";

std::string folded(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0)
            out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
    return out;
}

bool ends_harmless(std::string_view name) {
    const size_t cut = name.find_last_of("_-");
    return cut != std::string_view::npos &&
           std::find(kHarmlessEnds.begin(), kHarmlessEnds.end(), name.substr(cut + 1)) !=
               kHarmlessEnds.end();
}

bool is_mask(const Json& value) {
    if (value.is_null() || value.is_boolean()) return true;
    if (!value.is_string()) return false;
    const std::string& text = value.get_ref<const std::string&>();
    return text.empty() ||
           (text.size() <= kLongestMask && text.find(kEllipsis) != std::string::npos);
}

/// Returns whether anything was removed.
bool strip(Json& value) {
    bool stripped = false;
    if (value.is_object()) {
        for (auto member = value.begin(); member != value.end();) {
            if (names_credential(member.key()) && !is_mask(*member)) {
                member = value.erase(member);
                stripped = true;
            } else {
                stripped = strip(*member) || stripped;
                ++member;
            }
        }
    } else if (value.is_array()) {
        for (Json& item : value) stripped = strip(item) || stripped;
    }
    return stripped;
}

}  // namespace

bool names_credential(std::string_view member) {
    if (ends_harmless(member)) return false;
    const std::string name = folded(member);
    return std::find(kWhole.begin(), kWhole.end(), name) != kWhole.end() ||
           std::any_of(kWithin.begin(), kWithin.end(), [&](std::string_view word) {
               return name.find(word) != std::string::npos;
           });
}

std::string without_credentials(std::string_view json) {
    Json value = Json::parse(json, nullptr, false);
    if (value.is_discarded()) return "null";
    if (!strip(value)) return std::string(json);
    return dump_json(value);
}

}  // namespace ezapi::logs
