#include "sealing/keyring.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "ezapi/base64.hpp"
#include "ezapi/error.hpp"
#include "ezapi/resource/field.hpp"

namespace ezapi::sealing {

namespace {

constexpr std::string_view kVersion = "v1";
constexpr size_t kNonceSize = 12;
constexpr size_t kTagSize = 16;
constexpr size_t kMaxId = 32;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const std::uint8_t* bytes(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::uint8_t* bytes(std::string& text) {
    return reinterpret_cast<std::uint8_t*>(text.data());
}

std::string hex(const std::uint8_t* data, size_t size) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(size * 2);
    for (size_t i = 0; i < size; ++i) {
        out.push_back(kDigits[data[i] >> 4U]);
        out.push_back(kDigits[data[i] & 15U]);
    }
    return out;
}

Keyring::Key hmac(const Keyring::Key& key, std::string_view text) {
    Keyring::Key out{};
    unsigned size = out.size();
    if (HMAC(EVP_sha256(),
             key.data(),
             static_cast<int>(key.size()),
             bytes(text),
             text.size(),
             out.data(),
             &size) == nullptr)
        throw Error(EZ_INTERNAL, "HMAC-SHA256 failed");
    return out;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    for (size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

/// Either alphabet of RFC 4648, with or without padding.
std::optional<std::string> from_base64(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string url(text);
    std::replace(url.begin(), url.end(), '+', '-');
    std::replace(url.begin(), url.end(), '/', '_');
    return from_base64url(url);
}

std::optional<Keyring::Key> read_key(std::string_view text) {
    Keyring::Key key{};
    std::optional<std::string> decoded =
        text.size() == 2 * key.size() ? from_hex(text) : from_base64(text);
    if (!decoded || decoded->size() != key.size()) return std::nullopt;
    std::copy(decoded->begin(), decoded->end(), key.begin());
    return key;
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

void require(int succeeded, const char* what) {
    if (succeeded != 1) throw Error(EZ_INTERNAL, std::string(what) + " failed");
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
        const std::optional<Key> key = read_key(item);
        if (!key)
            throw Error(EZ_INVALID,
                        place + "expected 32 bytes as 64 hex digits or as base64, found " +
                            std::to_string(item.size()) + " characters that are neither");
        ring.add(std::move(id), *key, place);
    }
    return ring;
}

void Keyring::add(std::string id, const Key& key, const std::string& place) {
    if (id.empty()) id = hex(hmac(key, "ezapi key id").data(), 4);
    Entry entry{std::move(id),
                hmac(key, "ezapi encryption"),
                hmac(key, "ezapi fingerprint"),
                hmac(key, "ezapi signature")};
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
    const Key digest = hmac(require_key(id).signature, text);
    return hex(digest.data(), digest.size());
}

std::vector<std::string> Keyring::ids() const {
    std::vector<std::string> out;
    for (const Entry& key : keys_) out.push_back(key.id);
    return out;
}

std::string Keyring::seal(std::string_view text, std::string_view place) const {
    const Entry& key = keys_.front();
    const std::string bound = additional_data(place, key.id);
    std::string out(kNonceSize + text.size() + kTagSize, '\0');
    std::uint8_t* nonce = bytes(out);
    std::uint8_t* cipher = nonce + kNonceSize;
    require(RAND_bytes(nonce, kNonceSize), "RAND_bytes");
    const Context context(EVP_CIPHER_CTX_new());
    int size = 0;
    require(
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.encryption.data(), nonce),
        "AES-256-GCM");
    require(EVP_EncryptUpdate(
                context.get(), nullptr, &size, bytes(bound), static_cast<int>(bound.size())),
            "AES-256-GCM");
    require(
        EVP_EncryptUpdate(context.get(), cipher, &size, bytes(text), static_cast<int>(text.size())),
        "AES-256-GCM");
    require(EVP_EncryptFinal_ex(context.get(), cipher + size, &size), "AES-256-GCM");
    require(
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, cipher + text.size()),
        "AES-256-GCM");
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
    if (!raw || raw->size() < kNonceSize + kTagSize)
        throw Error(EZ_INTERNAL, "the stored ciphertext is cut");

    const std::string bound = additional_data(place, id);
    std::uint8_t* nonce = bytes(*raw);
    const std::uint8_t* cipher = nonce + kNonceSize;
    const size_t length = raw->size() - kNonceSize - kTagSize;
    std::string text(length, '\0');
    const Context context(EVP_CIPHER_CTX_new());
    int size = 0;
    require(EVP_DecryptInit_ex(
                context.get(), EVP_aes_256_gcm(), nullptr, key->encryption.data(), nonce),
            "AES-256-GCM");
    require(EVP_DecryptUpdate(
                context.get(), nullptr, &size, bytes(bound), static_cast<int>(bound.size())),
            "AES-256-GCM");
    require(EVP_DecryptUpdate(context.get(), bytes(text), &size, cipher, static_cast<int>(length)),
            "AES-256-GCM");
    require(EVP_CIPHER_CTX_ctrl(
                context.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, nonce + kNonceSize + length),
            "AES-256-GCM");
    if (EVP_DecryptFinal_ex(context.get(), bytes(text) + size, &size) != 1)
        throw Error(EZ_INTERNAL, "the stored ciphertext was altered or belongs to another row");
    return text;
}

std::vector<std::string> Keyring::fingerprints(std::string_view text) const {
    std::vector<std::string> out;
    for (const Entry& key : keys_) {
        const Key digest = hmac(key.fingerprint, text);
        out.push_back(hex(digest.data(), digest.size()));
    }
    return out;
}

std::string random_hex(size_t count) {
    std::string raw(count, '\0');
    require(RAND_bytes(bytes(raw), static_cast<int>(count)), "RAND_bytes");
    return hex(bytes(raw), count);
}

}  // namespace ezapi::sealing
