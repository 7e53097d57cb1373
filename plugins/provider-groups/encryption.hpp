// Which keys the credentials are encrypted with, and their re-encryption with the first key of the
// ring.
//
// When the keyring has a new first key, a job re-encrypts the rows in small transactions. Its
// progress is stored in the rows (api_keys.key_id), so it can be interrupted at any time. Rows
// whose key is not in the ring, or whose ciphertext was modified, are reported and left unchanged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ezapi/plugin.hpp"
#include "sealing/keyring.hpp"

namespace ezapi::provider_groups {

class Encryption {
public:
    /// Registers the job, its metrics and `GET /admin/api-keys/encryption`. `ring` must outlive it.
    Encryption(Host& host, const sealing::Keyring& ring);

private:
    struct Status {
        std::int64_t remaining = 0;   // not encrypted with the first key
        std::int64_t unreadable = 0;  // of these: the ring does not have the key
    };

    struct Batch {
        std::int64_t last_id = 0;  // 0: the batch was empty
        std::int64_t sealed = 0;
    };

    [[nodiscard]] Status status() const;
    void run(const Run& run) const;
    [[nodiscard]] Batch seal_some(std::int64_t behind) const;

    Db db_;
    Log log_;
    const sealing::Keyring& ring_;
    Gauge remaining_;
    Gauge unreadable_;
};

}  // namespace ezapi::provider_groups
