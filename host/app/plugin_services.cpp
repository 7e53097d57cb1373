#include "host/app/plugin_services.hpp"

#include "ezapi/error.hpp"

namespace ezapi::host::app {

ez_status authenticate(modules::Services& services,
                       ez_str credential,
                       ez_identity* out,
                       ez_error* error) {
    const auto pin = services.use("authenticator/1");
    if (!pin) return to_abi(Error(EZ_NOT_FOUND, "no plugin authenticates masters"), error);
    return guard(error, [&] {
        const auto table = pin->table<ez_authenticator_v1>();
        check([&](ez_error* fault) {
            return table.authenticate(pin->service().self, credential, out, fault);
        });
    });
}

ez_status await_delivery(modules::Services& services,
                         int64_t revision,
                         uint32_t timeout_ms,
                         ez_delivery_fn fn,
                         void* user,
                         ez_error* error) {
    const auto pin = services.use("delivery/1");
    if (!pin) return to_abi(Error(EZ_NOT_FOUND, "no plugin delivers changes to Redis"), error);
    return guard(error, [&] {
        const auto table = pin->table<ez_delivery_v1>();
        check([&](ez_error* fault) {
            return table.await(pin->service().self, revision, timeout_ms, fn, user, fault);
        });
    });
}

}  // namespace ezapi::host::app
