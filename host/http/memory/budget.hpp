// How much memory requests and replies may take. Bytes count three times: in the total, for the
// trust level of the request, and for the client's address. The less trusted share less: requests
// without a credential share an eighth of the total, those of masters a half. All functions: any
// thread, no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "host/http/memory/clients.hpp"

namespace ezapi::host::http {

/// The kind of credential of a request, least trusted first.
enum class Trust : uint8_t { kNone, kMaster, kOperator };

/// The trust of a request that a route with this access has admitted.
[[nodiscard]] Trust trust_of(int32_t access) noexcept;

/// A connection or request with at most this many bytes is not counted, so that ordinary requests
/// cost no atomic operations.
inline constexpr size_t kUncountedBytes = 2048;

class Budget {
public:
    explicit Budget(int64_t most_bytes) noexcept : most_(most_bytes) {}

    void add(Trust trust, Client& client, int64_t bytes) noexcept;

    [[nodiscard]] bool total_exceeded() const noexcept { return total_.load() > most_; }

    [[nodiscard]] bool trust_exceeded(Trust trust) const noexcept;
    [[nodiscard]] bool client_exceeded(const Client& client) const noexcept;

    [[nodiscard]] bool has_room(Trust trust, const Client& client) const noexcept {
        return !total_exceeded() && !trust_exceeded(trust) && !client_exceeded(client);
    }

    [[nodiscard]] int64_t total() const noexcept { return total_.load(); }

private:
    const int64_t most_;
    std::atomic<int64_t> total_ = 0;
    std::array<std::atomic<int64_t>, 3> by_trust_{};
};

/// The bytes of one connection or request in the budget; the destructor returns them. One thread at
/// a time.
class Holding {
public:
    Holding() = default;

    Holding(std::shared_ptr<Budget> budget, std::shared_ptr<Client> client) noexcept
        : budget_(std::move(budget)), client_(std::move(client)) {}

    Holding(Holding&& other) noexcept { swap(other); }

    Holding& operator=(Holding&& other) noexcept {
        Holding taken(std::move(other));
        swap(taken);
        return *this;
    }

    Holding(const Holding&) = delete;
    Holding& operator=(const Holding&) = delete;

    ~Holding() { set(trust_, 0); }

    void set(Trust trust, size_t bytes) noexcept;

    [[nodiscard]] bool has_room() const noexcept {
        return budget_ == nullptr || budget_->has_room(trust_, *client_);
    }

    [[nodiscard]] const std::shared_ptr<Budget>& budget() const noexcept { return budget_; }

    [[nodiscard]] const std::shared_ptr<Client>& client() const noexcept { return client_; }

private:
    void swap(Holding& other) noexcept {
        std::swap(budget_, other.budget_);
        std::swap(client_, other.client_);
        std::swap(trust_, other.trust_);
        std::swap(bytes_, other.bytes_);
    }

    std::shared_ptr<Budget> budget_;
    std::shared_ptr<Client> client_;
    Trust trust_ = Trust::kNone;
    int64_t bytes_ = 0;
};

}  // namespace ezapi::host::http
