/* What the provider-groups plugin offers to others, as service "provider-groups/1". */
#ifndef EZAPI_PROVIDER_GROUPS_H
#define EZAPI_PROVIDER_GROUPS_H

#include "ezapi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ez_provider_group {
    uint32_t size;
    int64_t id;
    int64_t version;
    ez_str name;
    ez_str status;
    const ez_str* models; /* upstream model names */
    size_t model_count;
    const int64_t* usable_keys; /* ids of API keys that may serve now, ascending */
    size_t usable_key_count;
} ez_provider_group;

/* Everything is borrowed for the call. */
typedef ez_status (*ez_provider_group_fn)(void* user, const ez_provider_group*) EZ_NOEXCEPT;

typedef struct ez_provider_groups_v1 {
    uint32_t size;
    /* [any] Passes each of the groups that exist to the sink, in any order, seen in `tx`. */
    ez_status (*read)(void* self,
                      ez_tx* tx,
                      const int64_t* ids,
                      size_t count,
                      ez_provider_group_fn sink,
                      void* user,
                      ez_error*) EZ_NOEXCEPT;
} ez_provider_groups_v1;

#ifdef __cplusplus
}
#endif
#endif
