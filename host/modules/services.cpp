#include "host/modules/services.hpp"

#include <algorithm>
#include <utility>

#include "ezapi/error.hpp"

namespace ezapi::host::modules {
namespace {

/// "name/major": lower-case letters, digits, '-' and '.', then a number without leading zeros.
bool is_service_id(std::string_view id) {
    const size_t slash = id.find('/');
    if (slash == std::string_view::npos || slash == 0 || id.size() > 100) return false;
    const std::string_view major = id.substr(slash + 1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return std::all_of(id.begin(),
                       id.begin() + static_cast<ptrdiff_t>(slash),
                       [&](char c) {
                           return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.';
                       }) &&
           !major.empty() && major.size() < 6 && major[0] != '0' &&
           std::all_of(major.begin(), major.end(), is_digit);
}

std::string quoted(std::string_view id) {
    return "service '" + std::string(id.substr(0, 100)) + "'";
}

}  // namespace

struct Services::Entry {
    enum class State { kStaged, kLive, kRetired };

    std::string owner;
    ez_service service{};
    State state = State::kStaged;
    int uses = 0;
};

Services::Services() = default;
Services::~Services() = default;

Services::Pin::Pin(Services& services, std::shared_ptr<Entry> entry)
    : services_(&services), entry_(std::move(entry)) {}

Services::Pin::~Pin() {
    if (!entry_) return;
    bool last = false;
    {
        const std::scoped_lock lock(services_->mutex_);
        last = --entry_->uses == 0 && entry_->state == Entry::State::kRetired;
    }
    if (last) services_->released_.notify_all();
}

const ez_service& Services::Pin::service() const {
    return entry_->service;
}

void Services::declare(std::string_view owner, std::vector<std::string> providers) {
    const std::scoped_lock lock(mutex_);
    providers_[std::string(owner)] = std::move(providers);
}

void Services::publish(std::string_view owner, std::string_view id, ez_service service) {
    if (!is_service_id(id)) {
        throw Error(EZ_INVALID, quoted(id) + ": expected name/major, for instance 'quota/1'");
    }
    if (service.table == nullptr) throw Error(EZ_INVALID, quoted(id) + ": its table is NULL");
    if (*static_cast<const uint32_t*>(service.table) < sizeof(uint32_t)) {
        throw Error(EZ_INVALID, quoted(id) + ": its table does not begin with its size");
    }
    const std::scoped_lock lock(mutex_);
    auto entry = std::make_shared<Entry>();
    entry->owner = owner;
    entry->service = service;
    const auto [found, added] = entries_.try_emplace(std::string(id), std::move(entry));
    if (!added)
        throw Error(EZ_CONFLICT,
                    quoted(id) + ": is provided by " + found->second->owner + " already");
}

ez_service Services::find(std::string_view caller, std::string_view id) const {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end() || found->second->state == Entry::State::kRetired) {
        throw Error(EZ_NOT_FOUND, quoted(id) + ": no running plugin provides it");
    }
    const std::string& owner = found->second->owner;
    const auto declared = providers_.find(caller);
    const bool named =
        owner == caller || (declared != providers_.end() &&
                            std::find(declared->second.begin(), declared->second.end(), owner) !=
                                declared->second.end());
    if (!named) {
        throw Error(EZ_DENIED,
                    quoted(id) + ": is provided by " + owner + ": name it in depends_on or after");
    }
    return found->second->service;
}

std::optional<Services::Pin> Services::use(std::string_view id) {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end() || found->second->state != Entry::State::kLive) return std::nullopt;
    ++found->second->uses;
    return std::optional<Pin>(std::in_place, *this, found->second);
}

void Services::activate(std::string_view owner) {
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, entry] : entries_) {
        if (entry->owner == owner && entry->state == Entry::State::kStaged)
            entry->state = Entry::State::kLive;
    }
}

bool Services::retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    for (const auto& [id, entry] : entries_) {
        if (entry->owner == owner) entry->state = Entry::State::kRetired;
    }
    return released_.wait_until(lock, deadline, [&] {
        return std::all_of(entries_.begin(), entries_.end(), [&](const auto& item) {
            return item.second->owner != owner || item.second->uses == 0;
        });
    });
}

void Services::discard(std::string_view owner) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(entries_, [&](const auto& item) { return item.second->owner == owner; });
    if (const auto found = providers_.find(owner); found != providers_.end())
        providers_.erase(found);
}

}  // namespace ezapi::host::modules
