#include "sealing/keyring.hpp"

#include <algorithm>
#include <optional>

#include "ezapi/base/crypto.hpp"
#include "ezapi/base64.hpp"
#include "ezapi/error.hpp"
#include "ezapi/resource/field.hpp"

namespace ezapi::sealing {

namespace {

constexpr std::string_view kVersion = "v1";
constexpr size_t kMaxId = 32;

/// Either alphabet of RFC 4648, with or without padding.
std::optional<std::string> from_base64(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string url(text);
    std::replace(url.begin(), url.end(), '+', '-');
    std::replace(url.begin(), url.end(), '/', '_');
    return from_base64url(url);
}

/// The 32 bytes of a key.
std::optional<std::string> read_key(std::string_view text) {
    auto key = text.size() == 2 * kSha256Size ? from_hex(text) : from_base64(text);
    return key && key->size() == kSha256Size ? key : std::nullopt;
}

bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= kMaxId && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

std::string additional_data(std::string_view place, std::string_view key_id) {
    return std::string(place) + "|" + std::string(key_id);
}

}  // namespace

Keyring Keyring::parse(std::string_view list) {
    Keyring ring;
    size_t number = 0;
    for (bool more = true; more;) {
        const size_t comma = list.find(',');
        std::string_view item = trim(list.substr(0, comma));
        more = comma != std::string_view::npos;
        if (more) list.remove_prefix(comma + 1);
        const std::string place = "key " + std::to_string(++number) + " of the list: ";
        std::string id;
        if (const size_t colon = item.find(':'); colon != std::string_view::npos) {
            id = trim(item.substr(0, colon));
            item = trim(item.substr(colon + 1));
            if (!is_id(id))
                throw Error(EZ_INVALID,
                            place +
                                "expected an id of 1 to 32 letters, digits, '-', '_' and '.'"
                                " in front of the colon");
        }
        const std::optional<std::string> key = read_key(item);
        if (!key)
            throw Error(EZ_INVALID,
                        place + "expected 32 bytes as 64 hex digits or as base64, found " +
                            std::to_string(item.size()) + " characters that are neither");
        ring.add(std::move(id), *key, place);
    }
    return ring;
}

void Keyring::add(std::string id, std::string_view key, const std::string& place) {
    if (id.empty()) id = to_hex(hmac_sha256(key, "ezapi key id").substr(0, 4));
    Entry entry{std::move(id),
                hmac_sha256(key, "ezapi encryption"),
                hmac_sha256(key, "ezapi fingerprint"),
                hmac_sha256(key, "ezapi signature")};
    for (const Entry& other : keys_) {
        if (other.encryption == entry.encryption)
            throw Error(EZ_INVALID, place + "is the same key as '" + other.id + "'");
        if (other.id == entry.id)
            throw Error(EZ_INVALID, place + "the id '" + entry.id + "' stands twice");
    }
    keys_.push_back(std::move(entry));
}

const Keyring::Entry* Keyring::find(std::string_view id) const {
    const auto found =
        std::find_if(keys_.begin(), keys_.end(), [&](const Entry& key) { return key.id == id; });
    return found == keys_.end() ? nullptr : &*found;
}

const Keyring::Entry& Keyring::require_key(std::string_view id) const {
    const Entry* key = find(id);
    if (key == nullptr)
        throw Error(EZ_UNAVAILABLE, "the key '" + std::string(id) + "' is not in the keyring");
    return *key;
}

std::string Keyring::sign(std::string_view text, std::string_view id) const {
    return to_hex(hmac_sha256(require_key(id).signature, text));
}

std::vector<std::string> Keyring::ids() const {
    std::vector<std::string> out;
    for (const Entry& key : keys_) out.push_back(key.id);
    return out;
}

std::string Keyring::seal(std::string_view text, std::string_view place) const {
    const Entry& key = keys_.front();
    const std::string out = aes_gcm_seal(key.encryption, text, additional_data(place, key.id));
    return std::string(kVersion) + ":" + key.id + ":" + base64url(out);
}

std::string Keyring::open(std::string_view sealed, std::string_view place) const {
    const size_t first = sealed.find(':');
    const size_t second = first == std::string_view::npos ? first : sealed.find(':', first + 1);
    if (second == std::string_view::npos || sealed.substr(0, first) != kVersion)
        throw Error(EZ_INTERNAL, "what is stored is no ciphertext of a known form");
    const std::string_view id = sealed.substr(first + 1, second - first - 1);
    const Entry* key = &require_key(id);
    std::optional<std::string> raw = from_base64url(sealed.substr(second + 1));
    if (!raw || raw->size() < kGcmNonceSize + kGcmTagSize)
        throw Error(EZ_INTERNAL, "the stored ciphertext is cut");
    auto text = aes_gcm_open(key->encryption, *raw, additional_data(place, id));
    if (!text)
        throw Error(EZ_INTERNAL, "the stored ciphertext was altered or belongs to another row");
    return std::move(*text);
}

std::vector<std::string> Keyring::fingerprints(std::string_view text) const {
    std::vector<std::string> out;
    for (const Entry& key : keys_) out.push_back(to_hex(hmac_sha256(key.fingerprint, text)));
    return out;
}

}  // namespace ezapi::sealing
