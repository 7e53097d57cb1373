/* Services that the host itself uses, besides "authenticator/1" of abi.h. A plugin publishes those
 * that it offers by host.publish(). Each is optional.
 */
#ifndef EZAPI_HOST_SERVICES_H
#define EZAPI_HOST_SERVICES_H

/* NOLINTBEGIN: a C header, read by C++ too */
#include "ezapi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of a change that is delivered to Redis. */
enum {
    EZ_DELIVERY_PENDING = 0, /* not delivered yet */
    EZ_DELIVERY_APPLIED = 1,
    EZ_DELIVERY_DEAD = 2 /* given up; needs an operator */
};

typedef void (*ez_delivery_fn)(void* user, int32_t state) EZ_NOEXCEPT;

/* Published as "delivery/1" by the plugin that delivers changes to Redis. The host calls it for
   every write with ?wait=applied. */
typedef struct ez_delivery_v1 {
    uint32_t size;
    /* [any] On EZ_OK fn is called once, from any thread, possibly before `await` returns: as soon
       as all changes of the revision are in Redis or given up, else after timeout_ms, or when the
       plugin stops. Does not block. EZ_EXHAUSTED: too many requests are waiting. */
    ez_status (*await)(
        void* self, int64_t revision, uint32_t timeout_ms, ez_delivery_fn fn, void* user, ez_error*)
        EZ_NOEXCEPT;
} ez_delivery_v1;

/* Published as "command.<word>/1" by a plugin that offers `ezapi <word> [argument ...]`. */
typedef struct ez_command_v1 {
    uint32_t size;
    /* Main thread. Every plugin has started, but no route is served and no job runs. Results go to
       standard output. `exit_code` is that of the program: 0 success, 1 a finding or a failure, 64
       invalid arguments. */
    ez_status (*run)(void* self,
                     const ez_str* arguments,
                     size_t count,
                     int32_t* exit_code,
                     ez_error*) EZ_NOEXCEPT;
} ez_command_v1;

#ifdef __cplusplus
}
#endif
/* NOLINTEND */
#endif
