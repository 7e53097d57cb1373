// Which entities use a namespace: the service "namespaces/1" (see namespaces.h). Plugins whose
// entities name a namespace register as watchers and are asked for their count before a deletion.
// Invariant: once unwatch has returned, the watcher is not being called and will not be called
// again.
#pragma once

#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ezapi/plugin.hpp"
#include "ezapi/services/namespaces.h"

namespace ezapi::namespaces {

class Usage {
public:
    explicit Usage(const Host& host) : host_(host.abi()) {}

    /// Throws 409, naming what still uses the namespace. The caller holds a lock of its row, so
    /// nobody who calls `missing` first can start using it meanwhile.
    void refuse_deletion(Tx& tx, std::string_view name) const;

    static const ez_namespaces_v1 kTable;

private:
    struct Watcher {
        std::string kind;
        ez_namespace_usage_fn count;
        void* user;
    };

    void watch(Watcher watcher);
    void unwatch(const void* user);
    static void mark_missing(Tx& tx, std::span<const std::string_view> names, int32_t* missing);
    static void mark_suspended(Tx& tx, std::span<const std::string_view> names, int32_t* suspended);

    static void read(Tx& tx,
                     std::span<const std::string_view> names,
                     ez_namespace_fn sink,
                     void* user);

    /// The ABI wrapper of a function that marks some of the names.
    template <auto Mark>
    static ez_status mark(void* self,
                          ez_tx* tx,
                          const ez_str* names,
                          size_t count,
                          int32_t* marks,
                          ez_error* error) noexcept;

    const ez_host* host_;
    mutable std::shared_mutex mutex_;
    std::vector<Watcher> watchers_;
};

}  // namespace ezapi::namespaces
