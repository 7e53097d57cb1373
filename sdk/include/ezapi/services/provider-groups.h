/* The service "provider-groups/1" of the provider-groups plugin. */
#ifndef EZAPI_SERVICES_PROVIDER_GROUPS_H
#define EZAPI_SERVICES_PROVIDER_GROUPS_H

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

/* All pointers are valid only during the call. */
typedef ez_status (*ez_provider_group_fn)(void* user, const ez_provider_group*) EZ_NOEXCEPT;

typedef struct ez_api_key {
    uint32_t size;
    int32_t usable; /* 1: it may serve now, since it and its group are active */
    int64_t id;
    int64_t version;
    int64_t group_id;
    int64_t weight; /* 0: the default weight of the data plane */
    ez_str name;
    ez_str status; /* of the key itself, not of its group */
} ez_api_key;

/* Text is valid only during the call. */
typedef ez_status (*ez_api_key_fn)(void* user, const ez_api_key*) EZ_NOEXCEPT;

typedef struct ez_provider_groups_v1 {
    uint32_t size;
    /* [any] Passes the groups that exist, as seen in `tx`, to the sink in any order. */
    ez_status (*read)(void* self,
                      ez_tx* tx,
                      const int64_t* ids,
                      size_t count,
                      ez_provider_group_fn sink,
                      void* user,
                      ez_error*) EZ_NOEXCEPT;
    /* [any] Passes the API keys of the groups, as seen in `tx`, to the sink, ordered by group and
       id. */
    ez_status (*api_keys)(void* self,
                          ez_tx* tx,
                          const int64_t* group_ids,
                          size_t count,
                          ez_api_key_fn sink,
                          void* user,
                          ez_error*) EZ_NOEXCEPT;
    /* [any] Passes the API key, as seen in `tx`, to the sink if it exists. */
    ez_status (*api_key)(
        void* self, ez_tx* tx, int64_t id, ez_api_key_fn sink, void* user, ez_error*) EZ_NOEXCEPT;
} ez_provider_groups_v1;

#ifdef __cplusplus
}
#endif
#endif
