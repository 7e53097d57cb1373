// Plugin to plugin: a C struct of functions that one publishes under "name/major" and others, which
// name the provider in depends_on or after, find. The struct starts with `uint32_t size` and lives
// in the provider's <name>.h.
//
//     host.publish("quota/1", kTable, this);                                       // the provider
//     const Service<quota_v1> quota = host.find<quota_v1>("quota/1");  // the consumer
//     quota.call<&quota_v1::take>(str(name), std::int64_t{1}, &left);  // throws what it reports
#pragma once

#include "ezapi/error.hpp"

namespace ezapi {

template <class Table>
class Service {
public:
    Service() = default;

    explicit Service(ez_service service)
        : table_(static_cast<const Table*>(service.table)), self_(service.self) {}

    [[nodiscard]] explicit operator bool() const { return table_ != nullptr; }

    /// Calls a function whose first argument is self and whose last is the ez_error.
    template <auto Member, class... Args>
    void call(Args... args) const {
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
