// Digests, signatures and encryption by OpenSSL. A target that includes this header must link
// OpenSSL::Crypto. Every function throws EZ_INTERNAL when OpenSSL fails.
//
//     const std::string digest = sha256_hex("abc");    // "ba7816bf..."
//     const std::string sealed = aes_gcm_seal(key, "text", "table|column|row");
//     const std::optional<std::string> plain = aes_gcm_open(key, sealed, "table|column|row");
#pragma once

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ezapi/base/hex.hpp"
#include "ezapi/error.hpp"

namespace ezapi {

inline constexpr size_t kSha256Size = 32;    // bytes of a SHA-256 digest and of an AES-256 key
inline constexpr size_t kGcmNonceSize = 12;  // bytes before the ciphertext
inline constexpr size_t kGcmTagSize = 16;    // bytes after the ciphertext

namespace detail {

inline const unsigned char* crypto_bytes(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

inline unsigned char* crypto_bytes(std::string& text) noexcept {
    return reinterpret_cast<unsigned char*>(text.data());
}

inline void require_crypto(int result, const char* what) {
    if (result != 1) throw Error(EZ_INTERNAL, std::string("OpenSSL: ") + what + " failed");
}

struct FreeCrypto {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }

    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }

    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

inline std::string digest_of(std::string_view data, const EVP_MD* kind, const char* name) {
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    require_crypto(EVP_Digest(data.data(), data.size(), crypto_bytes(out), &size, kind, nullptr),
                   name);
    out.resize(size);
    return out;
}

}  // namespace detail

/// The digest, 32 bytes.
[[nodiscard]] inline std::string sha256(std::string_view data) {
    return detail::digest_of(data, EVP_sha256(), "SHA-256");
}

[[nodiscard]] inline std::string sha256_hex(std::string_view data) {
    return to_hex(sha256(data));
}

/// Not for security. Redis identifies scripts by this digest.
[[nodiscard]] inline std::string sha1_hex(std::string_view data) {
    return to_hex(detail::digest_of(data, EVP_sha1(), "SHA-1"));
}

/// SHA-256 of data that arrives in parts.
class Sha256 {
public:
    Sha256() : context_(EVP_MD_CTX_new()) {
        detail::require_crypto(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr), "SHA-256");
    }

    void add(std::string_view data) {
        detail::require_crypto(EVP_DigestUpdate(context_.get(), data.data(), data.size()),
                               "SHA-256");
    }

    /// The digest, 32 bytes. add() must not be called afterwards.
    [[nodiscard]] std::string finish() {
        std::string out(kSha256Size, '\0');
        detail::require_crypto(
            EVP_DigestFinal_ex(context_.get(), detail::crypto_bytes(out), nullptr), "SHA-256");
        return out;
    }

private:
    std::unique_ptr<EVP_MD_CTX, detail::FreeCrypto> context_;
};

/// The authentication code, 32 bytes (RFC 2104).
[[nodiscard]] inline std::string hmac_sha256(std::string_view key, std::string_view data) {
    std::string out(kSha256Size, '\0');
    unsigned size = 0;
    const auto* done = HMAC(EVP_sha256(),
                            key.data(),
                            static_cast<int>(key.size()),
                            detail::crypto_bytes(data),
                            data.size(),
                            detail::crypto_bytes(out),
                            &size);
    detail::require_crypto(done != nullptr && size == out.size() ? 1 : 0, "HMAC");
    return out;
}

/// A derived key, 32 bytes (RFC 5869).
[[nodiscard]] inline std::string hkdf_sha256(std::string_view secret,
                                             std::string_view salt,
                                             std::string_view info) {
    using detail::crypto_bytes;
    const std::unique_ptr<EVP_PKEY_CTX, detail::FreeCrypto> context(
        EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
    const auto size_of = [](std::string_view text) { return static_cast<int>(text.size()); };
    std::string key(kSha256Size, '\0');
    size_t size = key.size();
    bool done = EVP_PKEY_derive_init(context.get()) == 1;
    done = done && EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) == 1;
    done =
        done && EVP_PKEY_CTX_set1_hkdf_salt(context.get(), crypto_bytes(salt), size_of(salt)) == 1;
    done = done &&
           EVP_PKEY_CTX_set1_hkdf_key(context.get(), crypto_bytes(secret), size_of(secret)) == 1;
    done =
        done && EVP_PKEY_CTX_add1_hkdf_info(context.get(), crypto_bytes(info), size_of(info)) == 1;
    done = done && EVP_PKEY_derive(context.get(), crypto_bytes(key), &size) == 1;
    detail::require_crypto(done ? 1 : 0, "HKDF");
    return key;
}

[[nodiscard]] inline std::string random_bytes(size_t count) {
    std::string out(count, '\0');
    detail::require_crypto(RAND_bytes(detail::crypto_bytes(out), static_cast<int>(count)),
                           "random bytes");
    return out;
}

/// `bytes` random bytes as hexadecimal digits, two for each byte.
[[nodiscard]] inline std::string random_hex(size_t bytes) {
    return to_hex(random_bytes(bytes));
}

/// Encrypts by AES-256-GCM with a random nonce. Returns nonce, ciphertext and tag. `key` has 32
/// bytes. `context` is authenticated, but not stored: when it names the place of the text, a sealed
/// text that is copied to another place cannot be opened there.
[[nodiscard]] inline std::string aes_gcm_seal(std::string_view key,
                                              std::string_view plain,
                                              std::string_view context) {
    using detail::crypto_bytes;
    const std::unique_ptr<EVP_CIPHER_CTX, detail::FreeCrypto> cipher(EVP_CIPHER_CTX_new());
    const std::string nonce = random_bytes(kGcmNonceSize);
    std::string out = nonce + std::string(plain.size() + kGcmTagSize, '\0');
    unsigned char* text = crypto_bytes(out) + kGcmNonceSize;
    int size = 0;
    bool done = key.size() == kSha256Size && cipher != nullptr;
    done = done && EVP_EncryptInit_ex(cipher.get(),
                                      EVP_aes_256_gcm(),
                                      nullptr,
                                      crypto_bytes(key),
                                      crypto_bytes(std::string_view(nonce))) == 1;
    done = done && EVP_EncryptUpdate(cipher.get(),
                                     nullptr,
                                     &size,
                                     crypto_bytes(context),
                                     static_cast<int>(context.size())) == 1;
    done = done &&
           EVP_EncryptUpdate(
               cipher.get(), text, &size, crypto_bytes(plain), static_cast<int>(plain.size())) == 1;
    done = done && EVP_EncryptFinal_ex(cipher.get(), text + size, &size) == 1;
    done = done && EVP_CIPHER_CTX_ctrl(cipher.get(),
                                       EVP_CTRL_GCM_GET_TAG,
                                       static_cast<int>(kGcmTagSize),
                                       text + plain.size()) == 1;
    detail::require_crypto(done ? 1 : 0, "AES-256-GCM");
    return out;
}

/// Decrypts a sealed text; nullopt when the key or the context differs, or the text was altered.
[[nodiscard]] inline std::optional<std::string> aes_gcm_open(std::string_view key,
                                                             std::string_view sealed,
                                                             std::string_view context) {
    using detail::crypto_bytes;
    if (sealed.size() < kGcmNonceSize + kGcmTagSize) return std::nullopt;
    const std::unique_ptr<EVP_CIPHER_CTX, detail::FreeCrypto> cipher(EVP_CIPHER_CTX_new());
    const std::string_view text =
        sealed.substr(kGcmNonceSize, sealed.size() - kGcmNonceSize - kGcmTagSize);
    std::string tag(sealed.substr(sealed.size() - kGcmTagSize));
    std::string plain(text.size(), '\0');
    int size = 0;
    bool done = key.size() == kSha256Size && cipher != nullptr;
    done =
        done &&
        EVP_DecryptInit_ex(
            cipher.get(), EVP_aes_256_gcm(), nullptr, crypto_bytes(key), crypto_bytes(sealed)) == 1;
    done = done && EVP_DecryptUpdate(cipher.get(),
                                     nullptr,
                                     &size,
                                     crypto_bytes(context),
                                     static_cast<int>(context.size())) == 1;
    done = done && EVP_DecryptUpdate(cipher.get(),
                                     crypto_bytes(plain),
                                     &size,
                                     crypto_bytes(text),
                                     static_cast<int>(text.size())) == 1;
    done = done && EVP_CIPHER_CTX_ctrl(cipher.get(),
                                       EVP_CTRL_GCM_SET_TAG,
                                       static_cast<int>(kGcmTagSize),
                                       crypto_bytes(tag)) == 1;
    detail::require_crypto(done ? 1 : 0, "AES-256-GCM");
    if (EVP_DecryptFinal_ex(cipher.get(), crypto_bytes(plain) + size, &size) != 1)
        return std::nullopt;
    return plain;
}

/// The time of the comparison depends on the length of `given` only.
[[nodiscard]] inline bool equal_in_constant_time(std::string_view given,
                                                 std::string_view expected) {
    // Compares digests, so that a different length is not detected earlier than different content.
    return CRYPTO_memcmp(sha256(given).data(), sha256(expected).data(), kSha256Size) == 0;
}

}  // namespace ezapi
