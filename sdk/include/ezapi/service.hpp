// Services between plugins. The provider publishes a C struct of functions under "name/major"; a
// plugin that names the provider in depends_on or after can find it. The struct starts with
// `uint32_t size`. The services of EZ-API's own plugins are in ezapi/services/, each with a C++
// class.
//
//     host.publish("quota/1", kTable, this);                                       // the provider
//     const Service<quota_v1> quota = host.find<quota_v1>("quota/1");  // the consumer
//     quota.call<&quota_v1::take>(str(name), std::int64_t{1}, &left);  // throws the reported error
#pragma once

#include "ezapi/error.hpp"

namespace ezapi {

/// A service that was found; empty when no plugin provides it. Cheap to copy.
template <class Table>
class Service {
public:
    Service() = default;

    explicit Service(ez_service service)
        : table_(static_cast<const Table*>(service.table)), self_(service.self) {}

    [[nodiscard]] explicit operator bool() const { return table_ != nullptr; }

    /// Calls a function whose first argument is `self` and whose last is the ez_error. Throws the
    /// error that it reports, and EZ_NOT_FOUND with the code `plugin_missing` when the service is
    /// empty.
    template <auto Member, class... Args>
    void call(Args... args) const {
        if (table_ == nullptr)
            throw Error(EZ_NOT_FOUND, "the plugin that provides the service does not run")
                .with_code("plugin_missing");
        check([&](ez_error* error) { return (table_->*Member)(self_, args..., error); });
    }

    /// For functions that cannot fail: `service.table()->peek(service.self())`.
    [[nodiscard]] const Table* table() const { return table_; }

    [[nodiscard]] void* self() const { return self_; }

private:
    const Table* table_ = nullptr;
    void* self_ = nullptr;
};

}  // namespace ezapi
