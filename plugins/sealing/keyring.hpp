// The keys that encrypt credentials at rest: the first of the ring encrypts, all decrypt.
//
//     const Keyring ring = Keyring::parse("new:8f…, old:03…");
//     const std::string sealed = ring.seal(text, place);    // "v1:new:…"
//     ring.open(sealed, place);                             // throws for any other place
//
// AES-256-GCM with a random nonce. The place (table, column and the row's own reference) and the
// key's id are authenticated, so a ciphertext that is moved to another row cannot be decrypted. The
// keys for encryption, fingerprints and signatures are derived from the ring's keys, which are not
// used directly.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ezapi::sealing {

class Keyring {
public:
    /// A comma-separated list of keys, each 32 bytes in hex or base64, with an optional `id:` in
    /// front. Without one the id is made from the key. Throws EZ_INVALID; the message shows no key.
    [[nodiscard]] static Keyring parse(std::string_view list);

    /// The id of the key that encrypts.
    [[nodiscard]] const std::string& first_id() const { return keys_.front().id; }

    [[nodiscard]] bool knows(std::string_view id) const { return find(id) != nullptr; }

    [[nodiscard]] std::vector<std::string> ids() const;

    [[nodiscard]] std::string seal(std::string_view text, std::string_view place) const;

    /// Throws EZ_UNAVAILABLE when the key is not in the ring, EZ_INTERNAL when the ciphertext was
    /// modified or belongs to another place.
    [[nodiscard]] std::string open(std::string_view sealed, std::string_view place) const;

    /// Keyed fingerprints, to compare texts without revealing them: one per key, in the order of
    /// the ring.
    [[nodiscard]] std::vector<std::string> fingerprints(std::string_view text) const;

    /// HMAC-SHA256 in lower-case hex with the key of this id, to detect modified texts. Throws
    /// EZ_UNAVAILABLE when the key is not in the ring.
    [[nodiscard]] std::string sign(std::string_view text, std::string_view id) const;

private:
    struct Entry {
        std::string id;
        std::string encryption;  // 32 bytes each
        std::string fingerprint;
        std::string signature;
    };

    void add(std::string id, std::string_view key, const std::string& place);
    [[nodiscard]] const Entry* find(std::string_view id) const;
    [[nodiscard]] const Entry& require_key(std::string_view id) const;

    std::vector<Entry> keys_;  // never empty
};

}  // namespace ezapi::sealing
