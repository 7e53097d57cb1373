// Services between plugins: tables of C functions under "name/major". A plugin finds only services
// of its declared providers: these start before it and stop after it, so a service that it has
// found stays valid until its own stop without a reference count. The host has no declared
// providers and pins a service for each use.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/abi.h"
#include "ezapi/prefix.hpp"
#include "host/modules/registry.hpp"

namespace ezapi::host::modules {

class Services : public Registry {
    struct Entry;

public:
    /// Keeps a service from being retired while it is used. Cheap: one short lock at each end.
    class Pin {
    public:
        Pin(Services& services, std::shared_ptr<Entry> entry);
        ~Pin();
        Pin(Pin&& other) noexcept = default;
        Pin(const Pin&) = delete;
        Pin& operator=(const Pin&) = delete;
        Pin& operator=(Pin&&) = delete;

        [[nodiscard]] const ez_service& service() const;

        /// Its functions; one that the provider does not know is NULL. Throws EZ_INVALID for a
        /// table that is smaller than its first version.
        template <class Table>
        [[nodiscard]] Table table() const {
            return taken(static_cast<const Table*>(service().table), "table of a service");
        }

    private:
        Services* services_;
        std::shared_ptr<Entry> entry_;
    };

    Services();
    ~Services() override;
    Services(const Services&) = delete;
    Services& operator=(const Services&) = delete;

    /// The plugins whose services `owner` may find: its depends_on and after. Call before its
    /// start.
    void declare(std::string_view owner, std::vector<std::string> providers);

    /// Throws ezapi::Error: EZ_INVALID for an invalid id or table, EZ_CONFLICT when the id is
    /// taken.
    void publish(std::string_view owner, std::string_view id, ez_service service);

    /// Throws ezapi::Error: EZ_NOT_FOUND when no plugin provides it, EZ_DENIED when the caller has
    /// not declared the provider.
    [[nodiscard]] ez_service find(std::string_view caller, std::string_view id) const;

    /// For the host: a live service, or nothing.
    [[nodiscard]] std::optional<Pin> use(std::string_view id);

    void activate(std::string_view owner) override;
    bool retire(std::string_view owner, std::chrono::steady_clock::time_point deadline) override;
    void discard(std::string_view owner) override;

private:
    mutable std::mutex mutex_;
    std::condition_variable released_;
    std::map<std::string, std::shared_ptr<Entry>, std::less<>> entries_;  // by id
    std::map<std::string, std::vector<std::string>, std::less<>> providers_;
};

}  // namespace ezapi::host::modules
