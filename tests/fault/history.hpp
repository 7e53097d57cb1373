// The history of the writers, by key. Each key has one writer. Its operations are numbered in
// ascending order, and the written content contains that number. After an operation with an unknown
// outcome the key is not used again, so that at most the last operation of a key is in doubt.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ezapi::tests {

struct Operation {
    using Time = std::chrono::steady_clock::time_point;

    std::int64_t number = 0;
    bool present = true;  // false: the operation deletes
    bool active = true;   // of a token or namespace
    bool acknowledged = false;
    std::int64_t revision = 0;         // 0: unknown
    std::optional<Time> applied = {};  // when the writer learned that it is in Redis
};

/// "meta:features", "auth:token" or "config:namespaces", and the id in Redis.
struct KeyName {
    std::string resource;
    std::string id;

    auto operator<=>(const KeyName&) const = default;
};

using Operations = std::vector<Operation>;

class History {
public:
    void add(const KeyName& key, const Operation& operation) {
        const std::lock_guard lock(mutex_);
        operations_[key].push_back(operation);
    }

    void violation(const std::string& text) {
        const std::lock_guard lock(mutex_);
        violations_.push_back(text);
    }

    [[nodiscard]] std::map<KeyName, Operations> operations() const {
        const std::lock_guard lock(mutex_);
        return operations_;
    }

    [[nodiscard]] std::vector<std::string> violations() const {
        const std::lock_guard lock(mutex_);
        return violations_;
    }

private:
    mutable std::mutex mutex_;
    std::map<KeyName, Operations> operations_;
    std::vector<std::string> violations_;
};

}  // namespace ezapi::tests
