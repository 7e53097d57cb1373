// The ids of a resource that were met, reduced to 64 bits each: whether an id that Redis holds is
// one of them is then asked of no database. Beyond a number it forgets all and knows none, so that
// memory is bounded (32 MB).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace ezapi::sync {

class Fingerprints {
public:
    explicit Fingerprints(size_t most = 4'000'000) : most_(most) {}

    void add(std::string_view id) {
        if (overflown_) return;
        if (known_.size() == most_) {
            overflown_ = true;
            known_ = {};
            return;
        }
        known_.push_back(of(id));
        sorted_ = false;
    }

    [[nodiscard]] bool knows(std::string_view id) {
        if (!sorted_) std::sort(known_.begin(), known_.end());
        sorted_ = true;
        return std::binary_search(known_.begin(), known_.end(), of(id));
    }

private:
    static std::uint64_t of(std::string_view id) { return std::hash<std::string_view>{}(id); }

    size_t most_;
    std::vector<std::uint64_t> known_;
    bool sorted_ = true;
    bool overflown_ = false;
};

}  // namespace ezapi::sync
