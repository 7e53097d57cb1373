#include "host/http/policy/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <memory>

#include "ezapi/error.hpp"

namespace ezapi::host::http {

namespace {

constexpr size_t kDigest = 32;
constexpr size_t kNonce = 12;
constexpr size_t kTag = 16;

const unsigned char* bytes(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes(std::string& text) noexcept {
    return reinterpret_cast<unsigned char*>(text.data());
}

void require(int result, const char* what) {
    if (result != 1) throw Error(EZ_INTERNAL, std::string("OpenSSL: ") + what + " failed");
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

CipherContext new_cipher() {
    CipherContext cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    if (!cipher) throw Error(EZ_INTERNAL, "OpenSSL: no cipher context");
    return cipher;
}

}  // namespace

std::string sha256(std::string_view data) {
    std::string digest(kDigest, '\0');
    require(EVP_Digest(data.data(), data.size(), bytes(digest), nullptr, EVP_sha256(), nullptr),
            "SHA-256");
    return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
    std::string digest(kDigest, '\0');
    unsigned int size = 0;
    const auto* done = HMAC(EVP_sha256(),
                            key.data(),
                            static_cast<int>(key.size()),
                            bytes(data),
                            data.size(),
                            bytes(digest),
                            &size);
    require(done != nullptr && size == kDigest ? 1 : 0, "HMAC");
    return digest;
}

std::string hkdf_sha256(std::string_view secret, std::string_view salt, std::string_view info) {
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr), &EVP_PKEY_CTX_free);
    std::string key(kDigest, '\0');
    size_t size = key.size();
    require(EVP_PKEY_derive_init(context.get()), "HKDF");
    require(EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()), "HKDF");
    require(EVP_PKEY_CTX_set1_hkdf_salt(context.get(), bytes(salt), static_cast<int>(salt.size())),
            "HKDF");
    require(
        EVP_PKEY_CTX_set1_hkdf_key(context.get(), bytes(secret), static_cast<int>(secret.size())),
        "HKDF");
    require(EVP_PKEY_CTX_add1_hkdf_info(context.get(), bytes(info), static_cast<int>(info.size())),
            "HKDF");
    require(EVP_PKEY_derive(context.get(), bytes(key), &size), "HKDF");
    return key;
}

std::string seal(std::string_view key, std::string_view plain, std::string_view context) {
    const auto cipher = new_cipher();
    std::string sealed = random_bytes(kNonce);
    const std::string nonce = sealed;
    sealed.resize(kNonce + plain.size() + kTag);
    int size = 0;
    require(
        EVP_EncryptInit_ex(
            cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key), bytes(std::string_view(nonce))),
        "AES-256-GCM");
    require(EVP_EncryptUpdate(
                cipher.get(), nullptr, &size, bytes(context), static_cast<int>(context.size())),
            "AES-256-GCM");
    require(EVP_EncryptUpdate(cipher.get(),
                              bytes(sealed) + kNonce,
                              &size,
                              bytes(plain),
                              static_cast<int>(plain.size())),
            "AES-256-GCM");
    require(EVP_EncryptFinal_ex(cipher.get(), bytes(sealed) + kNonce + size, &size), "AES-256-GCM");
    require(EVP_CIPHER_CTX_ctrl(cipher.get(),
                                EVP_CTRL_GCM_GET_TAG,
                                static_cast<int>(kTag),
                                bytes(sealed) + kNonce + plain.size()),
            "AES-256-GCM");
    return sealed;
}

std::optional<std::string> unseal(std::string_view key,
                                  std::string_view sealed,
                                  std::string_view context) {
    if (sealed.size() < kNonce + kTag) return std::nullopt;
    const auto cipher = new_cipher();
    const auto nonce = sealed.substr(0, kNonce);
    const auto text = sealed.substr(kNonce, sealed.size() - kNonce - kTag);
    std::string tag(sealed.substr(sealed.size() - kTag));
    std::string plain(text.size(), '\0');
    int size = 0;
    require(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key), bytes(nonce)),
            "AES-256-GCM");
    require(EVP_DecryptUpdate(
                cipher.get(), nullptr, &size, bytes(context), static_cast<int>(context.size())),
            "AES-256-GCM");
    require(EVP_DecryptUpdate(
                cipher.get(), bytes(plain), &size, bytes(text), static_cast<int>(text.size())),
            "AES-256-GCM");
    require(
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTag), bytes(tag)),
        "AES-256-GCM");
    if (EVP_DecryptFinal_ex(cipher.get(), bytes(plain) + size, &size) != 1) return std::nullopt;
    return plain;
}

std::string random_bytes(size_t count) {
    std::string data(count, '\0');
    require(RAND_bytes(bytes(data), static_cast<int>(count)), "random bytes");
    return data;
}

bool equal_in_constant_time(std::string_view given, std::string_view expected) {
    // Compare digests, so that the time does not reveal the length of the expected value either.
    return CRYPTO_memcmp(sha256(given).data(), sha256(expected).data(), kDigest) == 0;
}

}  // namespace ezapi::host::http
