#include "host/http/dispatch/awaiting.hpp"

#include <utility>
#include <vector>

#include "ezapi/error.hpp"

namespace ezapi::host::http {
namespace {

constexpr const char* kStateHeader = "X-Change-State";

const char* name_of(int32_t state) {
    switch (state) {
        case EZ_DELIVERY_APPLIED:
            return "applied";
        case EZ_DELIVERY_DEAD:
            return "dead";
        default:
            return "pending";
    }
}

/// What the service passes to the callback.
struct Ticket {
    std::shared_ptr<Awaiting> awaiting;
    uint64_t number;
};

}  // namespace

bool Awaiting::keep(ez_exchange& exchange,
                    Reply& reply,
                    int64_t revision,
                    std::chrono::milliseconds limit) {
    const uint64_t number = exchange.number();
    auto ticket = std::make_unique<Ticket>(Ticket{shared_from_this(), number});
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            reply.set(kStateHeader, name_of(EZ_DELIVERY_PENDING));
            return false;
        }
        // Insert before moving: without memory the reply stays with the caller.
        Kept& kept = kept_[number];
        kept = Kept{&exchange, std::move(reply)};
    }
    const auto told = [](void* user, int32_t state) noexcept {
        const std::unique_ptr<Ticket> mine(static_cast<Ticket*>(user));
        mine->awaiting->answer(mine->number, state);
    };
    Ticket* const handed = ticket.release();
    ez_error error{};
    if (await_ &&
        await_(revision, static_cast<uint32_t>(limit.count()), told, handed, &error) == EZ_OK)
        return true;
    delete handed;
    std::optional<Kept> back = take(number);
    if (!back) return true;  // answered by let_go() meanwhile
    reply = std::move(back->reply);
    reply.set(kStateHeader, name_of(EZ_DELIVERY_PENDING));
    return false;
}

void Awaiting::let_go() {
    std::vector<uint64_t> numbers;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [number, kept] : kept_) numbers.push_back(number);
    }
    for (const uint64_t number : numbers) answer(number, EZ_DELIVERY_PENDING);
}

void Awaiting::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    let_go();
}

std::optional<Awaiting::Kept> Awaiting::take(uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(number);
    if (found == kept_.end()) return std::nullopt;
    std::optional<Kept> out(std::move(found->second));
    kept_.erase(found);
    return out;
}

void Awaiting::answer(uint64_t number, int32_t state) noexcept {
    std::optional<Kept> kept = take(number);
    if (!kept) return;
    (void)guard(nullptr, [&] { kept->reply.set(kStateHeader, name_of(state)); });
    kept->exchange->conclude(std::move(kept->reply));
}

}  // namespace ezapi::host::http
