// Hashes of the request ids that were stored recently. A record whose id may be among them is
// looked up before it is stored, which avoids the failed COPY that a client's retry would cause. A
// forgotten id only costs such a failed COPY. Two generations bound the memory to twice the
// capacity. Not thread-safe.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace ezapi::logs {

class RecentIds {
public:
    /// `capacity`: ids per generation; a power of two.
    explicit RecentIds(size_t capacity = 131072) : capacity_(capacity) {}

    [[nodiscard]] bool contains(std::uint64_t hash) const {
        return find(young_, hash) || find(old_, hash);
    }

    void add(std::uint64_t hash) {
        if (young_.empty()) young_.resize(capacity_ * 2);
        if (find(young_, hash)) return;
        if (count_ == capacity_) {
            std::swap(young_, old_);
            young_.assign(capacity_ * 2, 0);
            count_ = 0;
        }
        place(young_, hash) = hash;
        ++count_;
    }

private:
    using Table = std::vector<std::uint64_t>;  // open addressing; 0 means free

    static bool find(const Table& table, std::uint64_t hash) {
        if (table.empty()) return false;
        for (size_t at = hash & (table.size() - 1);; at = (at + 1) & (table.size() - 1)) {
            if (table[at] == hash) return true;
            if (table[at] == 0) return false;
        }
    }

    static std::uint64_t& place(Table& table, std::uint64_t hash) {
        size_t at = hash & (table.size() - 1);
        while (table[at] != 0) at = (at + 1) & (table.size() - 1);
        return table[at];
    }

    size_t capacity_;
    size_t count_ = 0;
    Table young_;
    Table old_;
};

}  // namespace ezapi::logs
