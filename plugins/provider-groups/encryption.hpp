// Which key the credentials are encrypted with, and the way to the first key of the ring.
//
// After the keyring has got a new first key, a job seals row after row with it, in small
// transactions. What is left to do stands in the rows themselves (api_keys.key_id), so it resumes
// wherever it was stopped. Rows whose key is not in the ring, or whose ciphertext was altered, are
// reported and left as they are.
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
        std::int64_t unreadable = 0;  // of these: with a key that the ring does not have
    };

    struct Batch {
        std::int64_t last_id = 0;  // 0: there was none
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
