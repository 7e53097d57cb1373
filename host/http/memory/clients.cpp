#include "host/http/memory/clients.hpp"

#include "ezapi/network.hpp"

namespace ezapi::host::http {

namespace {

std::string network_of(std::string_view address) {
    const auto parsed = Address::parse(address);
    return parsed ? parsed->client_network().text() : std::string(address);
}

}  // namespace

std::shared_ptr<Client> Clients::enter(std::string_view address, bool limited, size_t most) {
    std::string network = limited ? network_of(address) : std::string(address);
    const std::lock_guard lock(mutex_);
    auto found = clients_.find(network);
    if (found == clients_.end()) {
        if (limited && most == 0) return nullptr;
        auto added = std::make_shared<Client>();
        added->network = network;
        added->limited = limited;
        found = clients_.emplace(std::move(network), std::move(added)).first;
    }
    const auto& client = found->second;
    if (client->limited && client->connections >= most) return nullptr;
    ++client->connections;
    return client;
}

void Clients::leave(const Client& client) noexcept {
    const std::lock_guard lock(mutex_);
    const auto found = clients_.find(client.network);
    if (found == clients_.end() || --found->second->connections > 0) return;
    clients_.erase(found);  // its requests may still share it
}

size_t Clients::count() const {
    const std::lock_guard lock(mutex_);
    return clients_.size();
}

}  // namespace ezapi::host::http
