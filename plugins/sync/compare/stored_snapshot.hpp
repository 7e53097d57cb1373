// What Redis holds of entities, reduced to what a comparison needs: the revision and a digest of
// the content. Reads many at a time, and changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ezapi/redis.hpp"
#include "ledger/entity.hpp"

namespace ezapi::sync {

struct StoredEntity {
    bool present = false;
    std::int64_t revision = 0;  // 0: none that can be read
    std::uint64_t digest = 0;   // of the content; 0: absent
};

/// The digest of a rendered entity, equal to that of what Redis holds when they are the same. The
/// order of fields does not matter, the revision is not part of it. Not for adversaries: who can
/// write to Redis can write anything.
[[nodiscard]] std::uint64_t digest_of(const Rendered& entity);

class StoredSnapshot {
public:
    explicit StoredSnapshot(Redis redis) : redis_(redis) {}

    /// In the order of `keys`. A key of another type counts as present with an unknown content.
    /// Throws when Redis is away.
    [[nodiscard]] std::vector<StoredEntity> read(const std::string& resource,
                                                 Layout layout,
                                                 const std::vector<std::string>& keys) const;

private:
    [[nodiscard]] std::vector<StoredEntity> read_fields(const std::string& resource,
                                                        const std::vector<std::string>& keys) const;
    [[nodiscard]] std::vector<StoredEntity> read_hashes(const std::string& resource,
                                                        Layout layout,
                                                        const std::vector<std::string>& keys) const;
    [[nodiscard]] std::vector<StoredEntity> read_plain(const std::string& resource,
                                                       const std::vector<std::string>& keys) const;

    Redis redis_;
};

}  // namespace ezapi::sync
