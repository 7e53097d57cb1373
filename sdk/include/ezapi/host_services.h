/* Services that the host itself asks for, beside "authenticator/1" of abi.h. A plugin publishes the
 * ones that it offers, with host.publish(); without them the host does what it can.
 */
#ifndef EZAPI_HOST_SERVICES_H
#define EZAPI_HOST_SERVICES_H

/* NOLINTBEGIN: a C header, read by C++ too */
#include "ezapi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What became of a change on its way to Redis. */
enum {
    EZ_DELIVERY_PENDING = 0, /* not there yet */
    EZ_DELIVERY_APPLIED = 1,
    EZ_DELIVERY_DEAD = 2 /* given up; an operator must look at it */
};

typedef void (*ez_delivery_fn)(void* user, int32_t state) EZ_NOEXCEPT;

/* Published as "delivery/1" by the plugin that delivers changes to Redis; the host asks it for
   every write that is sent with ?wait=applied. */
typedef struct ez_delivery_v1 {
    uint32_t size;
    /* [any] On EZ_OK it calls fn once, from any thread and maybe before it returns: as soon as
       everything under the revision is in Redis or given up, else after timeout_ms, or when the
       plugin stops. Blocks for neither. EZ_EXHAUSTED: too many wait already. */
    ez_status (*await)(
        void* self, int64_t revision, uint32_t timeout_ms, ez_delivery_fn fn, void* user, ez_error*)
        EZ_NOEXCEPT;
} ez_delivery_v1;

/* Published as "command.<word>/1" by a plugin that offers `ezapi <word> [argument ...]`. */
typedef struct ez_command_v1 {
    uint32_t size;
    /* Main thread. Every plugin has started, but nothing is served and no job runs. Results go to
       standard output. `exit_code` is the program's: 0 done, 1 something was found or failed, 64
       the arguments are not understood. */
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
