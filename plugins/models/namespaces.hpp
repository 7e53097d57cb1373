// The namespaces that models are named in, where the namespaces plugin runs: the name of a manual
// model must be in one that exists, and such a namespace cannot be deleted.
//
// Models of the registry are a catalogue: they are named after their providers whether there is a
// namespace of that name or not, and stand in nobody's way.
#pragma once

#include "ezapi/plugin.hpp"
#include "ezapi/resource/body.hpp"
#include "plugins/namespaces/namespaces.h"

namespace ezapi::models {

class Namespaces {
public:
    explicit Namespaces(const Host& host);
    ~Namespaces();
    Namespaces(const Namespaces&) = delete;
    Namespaces& operator=(const Namespaces&) = delete;

    /// Adds a fault where the namespace of the draft's name does not exist; keeps it from deletion
    /// until the transaction ends where it does.
    void require_of(Tx& tx, Draft& draft) const;

private:
    static ez_status count_models(
        void* user, ez_tx* tx, ez_str name, int64_t* count, ez_error* error) noexcept;

    const ez_host* host_;
    Service<ez_namespaces_v1> service_;
};

}  // namespace ezapi::models
