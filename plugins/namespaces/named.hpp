// How a plugin whose entities name namespaces uses the service "namespaces/1": a name must exist
// when it is stored, and a namespace that is named cannot be deleted. Where the namespaces plugin
// is not enabled every name is taken. Invariant: watched from the constructor to the destructor.
//
//     Named namespaces_(host, "keys", [](Tx& tx, std::string_view name) { return count; });
//     for (const std::string_view name : namespaces_.missing(tx, names)) ...
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/plugin.hpp"
#include "namespaces/namespaces.h"

namespace ezapi::namespaces {

class Named {
public:
    /// How many of the plugin's entities name a namespace, seen in the transaction.
    using Count = std::function<std::int64_t(Tx&, std::string_view name)>;

    /// `kind` is what they are called in the refusal of a deletion.
    Named(const Host& host, std::string_view kind, Count count)
        : host_(host.abi()),
          service_(host.find_optional<ez_namespaces_v1>("namespaces/1")),
          count_(std::move(count)) {
        if (service_)
            service_.call<&ez_namespaces_v1::watch>(
                str(kind), &Named::usage, static_cast<void*>(this));
    }

    Named(const Named&) = delete;
    Named& operator=(const Named&) = delete;

    ~Named() {
        if (service_) service_.table()->unwatch(service_.self(), this);
    }

    /// Those of the names that do not exist; the others stay until the transaction ends.
    [[nodiscard]] std::set<std::string> missing(Tx& tx, const std::set<std::string>& names) const {
        return marked<&ez_namespaces_v1::missing>(tx, names);
    }

    /// Those of the names whose namespace is suspended.
    [[nodiscard]] std::set<std::string> suspended(Tx& tx,
                                                  const std::set<std::string>& names) const {
        return marked<&ez_namespaces_v1::suspended>(tx, names);
    }

private:
    /// Asks a function of the service that marks some of the names.
    template <auto Question>
    [[nodiscard]] std::set<std::string> marked(Tx& tx, const std::set<std::string>& names) const {
        std::set<std::string> out;
        if (!service_ || names.empty()) return out;
        std::vector<ez_str> raw;
        raw.reserve(names.size());
        for (const std::string& name : names) raw.push_back(str(name));
        std::vector<std::int32_t> marks(raw.size());
        service_.call<Question>(tx.handle(), raw.data(), raw.size(), marks.data());
        for (size_t i = 0; i < raw.size(); ++i) {
            if (marks[i] != 0) out.emplace(view(raw[i]));
        }
        return out;
    }

    static ez_status usage(
        void* user, ez_tx* raw, ez_str name, std::int64_t* count, ez_error* error) noexcept {
        auto* self = static_cast<Named*>(user);
        return guard(error, [&] {
            Tx tx(self->host_, raw, Tx::Ownership::borrowed);
            *count = self->count_(tx, view(name));
        });
    }

    const ez_host* host_;
    Service<ez_namespaces_v1> service_;
    Count count_;
};

}  // namespace ezapi::namespaces
