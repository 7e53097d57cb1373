// The namespaces, by the service "namespaces/1" of the plugin `namespaces`.
//
//     const Namespaces namespaces(host);
//     const std::set<std::string> missing = namespaces.missing(tx, {"demo"});
//
// A plugin whose entities refer to namespaces watches them, so that a namespace in use cannot be
// deleted. A watch lasts from its constructor to its destructor.
//
//     const NamespaceWatch watch(host, "keys", [](Tx& tx, std::string_view name) {
//         return tx.query("SELECT count(*) FROM keys WHERE namespace = $1", {name}).integer(0, 0);
//     });
//
// When the plugin does not run, no name is missing or suspended, so every name is accepted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ezapi/plugin.hpp"
#include "ezapi/services/namespaces.h"

namespace ezapi {

struct Namespace {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::string name;
    std::string status;  // "active" or "suspended"
};

class Namespaces {
public:
    explicit Namespaces(const Host& host)
        : service_(host.find_optional<ez_namespaces_v1>("namespaces/1")) {}

    /// Whether the plugin runs.
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(service_); }

    /// Those of the names that do not exist, seen in `tx`. The others cannot be deleted until the
    /// transaction ends: they are locked, so `tx` must not be read-only.
    [[nodiscard]] std::set<std::string> missing(Tx& tx, const std::set<std::string>& names) const {
        return marked<&ez_namespaces_v1::missing>(tx, names);
    }

    /// Those of the names whose namespace is suspended, as seen in `tx`.
    [[nodiscard]] std::set<std::string> suspended(Tx& tx,
                                                  const std::set<std::string>& names) const {
        return marked<&ez_namespaces_v1::suspended>(tx, names);
    }

    /// nullopt when there is no namespace with this name.
    [[nodiscard]] std::optional<Namespace> find(Tx& tx, std::string_view name) const {
        std::optional<Namespace> out;
        if (!service_) return out;
        const ez_str wanted = str(name);
        service_.call<&ez_namespaces_v1::read>(
            tx.handle(), &wanted, size_t{1}, &keep, static_cast<void*>(&out));
        return out;
    }

protected:
    [[nodiscard]] const Service<ez_namespaces_v1>& service() const { return service_; }

private:
    /// Calls a function of the service that marks some of the names.
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

    static ez_status keep(void* user, const ez_namespace* given) noexcept {
        return guard(nullptr, [&] {
            const ez_namespace found = taken(given, "namespace");
            static_cast<std::optional<Namespace>*>(user)->emplace(
                Namespace{found.id,
                          found.version,
                          std::string(view(found.name)),
                          std::string(view(found.status))});
        });
    }

    Service<ez_namespaces_v1> service_;
};

class NamespaceWatch : public Namespaces {
public:
    /// Counts the plugin's entities that refer to a namespace, as seen in the transaction.
    using Count = std::function<std::int64_t(Tx&, std::string_view name)>;

    /// `kind` names the entities in the error that refuses a deletion.
    NamespaceWatch(const Host& host, std::string_view kind, Count count)
        : Namespaces(host), host_(host.abi()), count_(std::move(count)) {
        if (service())
            service().call<&ez_namespaces_v1::watch>(
                str(kind), &NamespaceWatch::usage, static_cast<void*>(this));
    }

    NamespaceWatch(const NamespaceWatch&) = delete;
    NamespaceWatch& operator=(const NamespaceWatch&) = delete;

    ~NamespaceWatch() {
        if (service()) service().table()->unwatch(service().self(), this);
    }

private:
    static ez_status usage(
        void* user, ez_tx* raw, ez_str name, std::int64_t* count, ez_error* error) noexcept {
        auto* self = static_cast<NamespaceWatch*>(user);
        return guard(error, [&] {
            Tx tx(self->host_, raw, Tx::Ownership::borrowed);
            *count = self->count_(tx, view(name));
        });
    }

    const ez_host* host_;
    Count count_;
};

}  // namespace ezapi
